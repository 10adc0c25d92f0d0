//! The types of a spec: what a file in `model_specs/` may say.

mod config;
mod earlier_name;
mod evidence;
mod facts;
mod step;
mod task;

pub use crate::decode::{Table, Text};
pub use config::{Check, Field};
pub use earlier_name::EarlierName;
pub use evidence::{Bound, Engine, Engines, Evidence, Measured, Precision};
pub use facts::{Fact, Facts, Listing};
pub use step::{Apply, Condition, Group, Offer, Repeat, Step};
pub use task::{DType, Input, Processor, Task};

use crate::decode::{object, words};

object! {
    /// One model type: metadata and architecture.
    pub struct Spec {
        /// The JSON Schema that editors check the file against: `../schema.json`.
        schema = "$schema": Option<String>,
        /// The `model_type` of a `config.json`; the file is called after it.
        model_type = "model_type": Text,
        /// The model type that this one is a variation of. Objects are merged member by member (`null` removes),
        /// `architecture` may be an object of changes to steps by name.
        extends = "extends": Option<Text>,
        /// The name in prose.
        title = "title": Text,
        /// What goes in.
        modality = "modality": Modality,
        /// The paper, as `arXiv:1810.04805` or a URL.
        paper = "paper": Option<String>,
        /// One or two sentences for the documentation.
        description = "description": String,
        /// The transformers class of the base model.
        class = "class": Text,
        /// The path of the base model inside of the classes with a head (`base_model_prefix`).
        prefix = "prefix": Option<String>,
        /// Where else a checkpoint may have the tensors below a path: `"tower": ["tower.model"]`.
        paths = "paths": Table<Vec<String>>,
        /// The fields of the config.
        config = "config": Table<Field>,
        /// What the config's values must satisfy for the architecture below to be right.
        checks = "checks": Vec<Check>,
        /// The arguments of the base model's `forward`.
        inputs = "inputs": Table<Input>,
        /// The steps of the base model.
        architecture = "architecture": Vec<Step>,
        /// The fields of the base model's output, each an expression.
        outputs = "outputs": Table<Text>,
        /// What the model type can do, by the names of the Hugging Face pipelines; nothing if it is only ever a part of
        /// other models.
        tasks = "tasks": Table<Task>,
        /// What transformers says of it.
        facts = "facts": Option<Facts>,
    }
}

impl Spec {
    /// Whether it is only built inside of other models: it has no task of its own.
    pub(crate) fn is_part(&self) -> bool {
        self.tasks.names().next().is_none()
    }

    /// The model types that its config nests by name.
    pub(crate) fn known_nested(&self) -> impl Iterator<Item = &str> {
        self.config.iter().filter_map(|(_, field)| field.known_nested())
    }
}

words! {
    /// The kind of a model's input.
    pub enum Modality {
        /// Tokens.
        Text = "text",
        /// Images.
        Vision = "vision",
        /// Sound.
        Audio = "audio",
        /// Several kinds.
        Multimodal = "multimodal",
    }
}

impl Modality {
    /// The folder of `model_specs/` that holds such specs.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Vision => "vision",
            Self::Audio => "audio",
            Self::Multimodal => "multimodal",
        }
    }
}
