//! What model types and tasks there are, and what was measured of them.
//!
//! The macro is built before the facade and cannot see what its build script emits, so it carries a small index,
//! which `cargo xtask codegen` writes from the specs and the evidence.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The model types, by name.
#[derive(Debug, Deserialize)]
pub struct Index(BTreeMap<String, Entry>);

/// One model type.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Entry {
    /// The name in prose.
    pub title: String,
    /// The kind of its input, which is also the cargo feature that compiles it in.
    pub modality: String,
    /// What it can do, by name.
    pub tasks: BTreeMap<String, Head>,
}

/// One task of a model type.
#[derive(Clone, Debug, Deserialize)]
pub struct Head {
    /// The transformers class.
    pub class: String,
    /// Engine → the relative error to transformers that every recorded output stays below.
    pub measured: BTreeMap<String, String>,
}

static INDEX: LazyLock<Index> =
    LazyLock::new(|| Index::read(include_str!("index.json")).expect("cargo xtask codegen writes index.json"));

impl Index {
    /// The index of this build.
    pub fn get() -> &'static Self {
        &INDEX
    }

    /// Reads an index.
    ///
    /// # Errors
    /// If the text is not an index.
    pub fn read(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }

    /// The entry of a model type.
    pub fn find(&self, model_type: &str) -> Option<&Entry> {
        self.0.get(model_type)
    }

    /// All model types.
    pub fn model_types(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Entry {
    /// Whether any task of it was measured on any engine.
    pub fn is_verified(&self) -> bool {
        self.tasks.values().any(|head| !head.measured.is_empty())
    }
}
