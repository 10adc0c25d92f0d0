//! A small index of model types and tasks, for tools that cannot see emitted code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decode::Table;
use crate::lower::Model;
use crate::spec::Listing;

/// The model types that there are, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecIndex(pub BTreeMap<String, IndexEntry>);

/// One model type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// The name in prose.
    pub title: String,
    /// The folder of its spec: `text`, `vision`, `audio` or `multimodal`.
    pub modality: String,
    /// The class of each task.
    pub tasks: BTreeMap<String, String>,
}

/// A model type of which there are facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedEntry {
    /// The name in prose.
    pub title: String,
    /// What goes in: `text`, `vision`, `audio` or `multimodal`.
    pub modality: String,
    /// The tasks that transformers has a class for.
    pub tasks: Vec<String>,
}

impl ListedEntry {
    pub(crate) fn new(listing: &Listing) -> Self {
        let tasks = listing.facts.tasks.iter().flat_map(Table::names);
        Self {
            title: listing.name().to_owned(),
            modality: listing.modality.map(|modality| modality.folder().to_owned()).unwrap_or_default(),
            tasks: tasks.map(str::to_owned).collect(),
        }
    }
}

impl SpecIndex {
    pub(crate) fn new<'a>(models: impl Iterator<Item = &'a Model>) -> Self {
        let entry = |model: &Model| {
            let tasks = model
                .heads
                .iter()
                .flat_map(|head| head.names().map(|name| (name.to_owned(), head.class.clone())));
            let entry = IndexEntry {
                title: model.spec.title.text.clone(),
                modality: model.spec.modality.folder().to_owned(),
                tasks: tasks.collect(),
            };
            (model.spec.model_type.text.clone(), entry)
        };
        Self(models.map(entry).collect())
    }
}
