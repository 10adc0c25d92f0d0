//! What model types and tasks there are, and what was measured of them.
//!
//! The macro is built before the facade and cannot see what its build script emits, so it carries a small index,
//! which `cargo xtask codegen` writes from the specs and the evidence.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

/// The model types, by name.
#[derive(Debug)]
pub struct Index(BTreeMap<String, Entry>);

/// One model type.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The name in prose.
    pub title: String,
    /// The kind of its input, which is also the cargo feature that compiles it in.
    pub modality: String,
    /// What it can do, by name.
    pub tasks: BTreeMap<String, Head>,
}

/// One task of a model type.
#[derive(Clone, Debug)]
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

    /// Reads an index; none if the text is not one.
    // By hand: serde's derive would double the time that the macro takes to build.
    pub fn read(json: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(json).ok()?;
        Some(Self(read_map(value.as_object()?, Entry::read)?))
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

fn read_map<T>(
    object: &Map<String, Value>,
    read: impl Fn(&Value) -> Option<T>,
) -> Option<BTreeMap<String, T>> {
    object.iter().map(|(key, value)| Some((key.clone(), read(value)?))).collect()
}

fn read_string(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

impl Head {
    fn read(value: &Value) -> Option<Self> {
        let measured = read_map(value.get("measured")?.as_object()?, read_string)?;
        Some(Self { class: read_string(value.get("class")?)?, measured })
    }
}

impl Entry {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            title: read_string(value.get("title")?)?,
            modality: read_string(value.get("modality")?)?,
            tasks: read_map(value.get("tasks")?.as_object()?, Head::read)?,
        })
    }

    /// Whether any task of it was measured on any engine.
    pub fn is_verified(&self) -> bool {
        self.tasks.values().any(|head| !head.measured.is_empty())
    }
}
