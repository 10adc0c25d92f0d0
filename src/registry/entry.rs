//! One model type: what transformers says of it, and what runs it.

use std::fmt;

use super::RegistryError;
use crate::models;
use crate::runtime::model::{Metadata, Modality, ModelType, Support, similarity};

/// So many architectures are named where there is none for a type.
const MOST_NAMED: usize = 8;

/// A model type of this build.
#[derive(Clone, Copy)]
pub struct Entry {
    metadata: &'static Metadata,
    architecture: Option<&'static ModelType>,
}

/// Something that a model type can do.
#[derive(Clone, Copy, Debug)]
pub struct EntryTask {
    /// The name of the Hugging Face pipeline, or transformers' own for it.
    pub name: &'static str,
    /// The transformers class.
    pub class: &'static str,
    /// Whether the architecture has a head for it.
    pub has_head: bool,
    /// What was measured of it.
    pub support: &'static [Support],
}

impl Entry {
    /// The entry of a type with its architecture, if there is one.
    pub(super) fn new(metadata: &'static Metadata) -> Self {
        let found = models::ALL.binary_search_by(|model| model.model_type.cmp(metadata.model_type));
        Self { metadata, architecture: found.ok().map(|found| models::ALL[found]) }
    }

    /// The `model_type` of a `config.json`.
    pub fn model_type(self) -> &'static str {
        self.metadata.model_type
    }

    /// The name in prose.
    pub fn title(self) -> &'static str {
        self.metadata.title.unwrap_or(self.metadata.model_type)
    }

    /// The kind of its input.
    pub fn modality(self) -> Option<Modality> {
        self.metadata.modality
    }

    /// What transformers says of it.
    pub fn metadata(self) -> &'static Metadata {
        self.metadata
    }

    /// Whether something runs it.
    pub fn has_architecture(self) -> bool {
        self.architecture.is_some()
    }

    /// What runs it.
    ///
    /// # Errors
    /// If it has metadata only; the message says what to do.
    pub fn architecture(self) -> Result<&'static ModelType, RegistryError> {
        self.architecture.ok_or_else(|| {
            let model_type = self.model_type();
            let mut known: Vec<_> = models::ALL.iter().map(|model| model.model_type).collect();
            known.sort_by(|a, b| similarity(model_type, b).total_cmp(&similarity(model_type, a)));
            known.truncate(MOST_NAMED);
            RegistryError::NoArchitecture { model_type, known }
        })
    }

    /// Whether any of its tasks was measured against transformers; if not, it has metadata only.
    pub fn is_verified(self) -> bool {
        self.architecture.is_some_and(ModelType::is_verified)
    }

    /// `verified` or `metadata only`.
    pub fn status(self) -> &'static str {
        if self.is_verified() { "verified" } else { "metadata only" }
    }

    /// What it can do, by the architecture and by transformers: a row a task and class, those with a head first.
    pub fn tasks(self) -> Vec<EntryTask> {
        let heads = self.architecture.map_or(&[][..], |model| model.tasks);
        let mut tasks: Vec<EntryTask> = heads
            .iter()
            .map(|task| EntryTask {
                name: task.name,
                class: task.class,
                has_head: true,
                support: task.support,
            })
            .collect();
        for &(name, class) in self.metadata.tasks {
            if !tasks.iter().any(|task| task.name == name && task.class == class) {
                let serving = heads.iter().find(|task| task.serves == Some(name) && task.class == class);
                let support = serving.map_or(&[][..], |task| task.support);
                tasks.push(EntryTask { name, class, has_head: serving.is_some(), support });
            }
        }
        tasks
    }

    /// The names of the tasks, each once.
    pub fn task_names(self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = vec![];
        for task in self.tasks() {
            if !names.contains(&task.name) {
                names.push(task.name);
            }
        }
        names
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.model_type(), self.status())
    }
}
