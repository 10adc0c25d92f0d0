//! A small index of model types and tasks, for tools that cannot see emitted code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::lower::Model;

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
