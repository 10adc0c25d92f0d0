//! The facts of a model type: what `tools/harvest` read from transformers.

use crate::decode::{Table, Text, object};
use crate::source::Node;

use super::Modality;

object! {
    /// A model type of which only facts are known, or a part of the configs of others.
    pub struct Listing {
        /// The JSON Schema that editors check the file against: `../schema.json`.
        schema = "$schema": Option<String>,
        /// The `model_type` of a `config.json`; the file is called after it.
        model_type = "model_type": Text,
        /// The name in prose; a part has none.
        title = "title": Option<String>,
        /// What goes in; none for a part.
        modality = "modality": Option<Modality>,
        /// The transformers class of the base model; none for a part.
        class = "class": Option<String>,
        /// The path of the base model inside of the classes with a head (`base_model_prefix`).
        prefix = "prefix": Option<String>,
        /// What transformers says of it.
        facts = "facts": Facts,
    }
}

impl Listing {
    /// The name in prose; a part's is its type.
    pub fn name(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.model_type.text)
    }
}

object! {
    /// What transformers says of a model type. Written by `tools/harvest`, whose README describes it.
    pub struct Facts {
        /// The fields of the config class.
        config = "config": Table<Fact>,
        /// Keys that the config class reads beside its fields.
        legacy = "legacy": Option<Vec<String>>,
        /// The class, or classes, of each task.
        tasks = "tasks": Option<Table<Node>>,
        /// The main input, and the arguments of each class's `forward`.
        inputs = "inputs": Option<Node>,
        /// What prepares inputs: kind and class.
        processors = "processors": Option<Table<Text>>,
        /// The tied weights of each class.
        tied = "tied": Option<Node>,
        /// The names and shapes of each class's tensors in its tiny model.
        tensors = "tensors": Option<Node>,
    }
}

object! {
    /// One field of a config class.
    pub struct Fact {
        /// The type, in the vocabulary of `tools/harvest`.
        kind = "type": Text,
        /// What a missing field means; without it null.
        default = "default": Option<Node>,
        /// Other keys that the value may have in `config.json`.
        aliases = "aliases": Option<Vec<String>>,
        /// How the class computes it from other fields where it is not given; true if by no rule that has a name.
        derived = "derived": Option<Node>,
        /// Keys that win over the field's own unless they are null.
        replaced_by = "replaced_by": Option<Vec<String>>,
        /// Keys of entries of this field that may stand beside it, with the names of those.
        beside = "beside": Option<Table<Text>>,
    }
}
