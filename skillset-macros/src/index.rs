//! What model types and tasks there are, and what was measured of them.
//!
//! The macro is built before the facade and cannot see what its build script emits, so it carries a small index,
//! which `cargo xtask codegen` writes: `index.json` has the model types with an architecture, from the specs and the
//! evidence, `listed.tsv` a line for each that transformers knows.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

/// The model types, by name.
#[derive(Debug)]
pub struct Index {
    /// Those with an architecture.
    architectures: BTreeMap<String, Entry>,
    /// All of them, a line each.
    listed: &'static str,
}

/// A model type that transformers knows, whether or not there is an architecture for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name in prose.
    pub title: String,
    /// The tasks that it has a class for.
    pub tasks: Vec<String>,
}

/// One model type that has an architecture.
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

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let (architectures, listed) = (include_str!("index.json"), include_str!("listed.tsv"));
    Index::read(architectures, listed).expect("cargo xtask codegen writes index.json")
});

impl Index {
    /// The index of this build.
    pub fn get() -> &'static Self {
        &INDEX
    }

    /// Reads an index from its two files; none if the first is not one.
    // By hand: serde's derive would double the time that the macro takes to build.
    pub fn read(architectures: &str, listed: &'static str) -> Option<Self> {
        let value: Value = serde_json::from_str(architectures).ok()?;
        Some(Self { architectures: read_map(value.as_object()?, Entry::read)?, listed })
    }

    /// The entry of a model type that has an architecture.
    pub fn find(&self, model_type: &str) -> Option<&Entry> {
        self.architectures.get(model_type)
    }

    /// What transformers says of a model type; one with an architecture has the tasks of that, too.
    pub fn listed(&self, model_type: &str) -> Option<Listed> {
        let line = self.listed.lines().find(|line| line.split('\t').next() == Some(model_type));
        let mut columns = line.unwrap_or_default().split('\t').skip(2);
        let title = columns.next().map(str::to_owned);
        let mut tasks: Vec<String> =
            columns.next().unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        let entry = self.find(model_type);
        let heads = entry.into_iter().flat_map(|entry| entry.tasks.keys());
        let more: Vec<String> = heads.filter(|head| !tasks.contains(head)).cloned().collect();
        tasks.extend(more);
        Some(Listed { title: title.or_else(|| Some(entry?.title.clone()))?, tasks })
    }

    /// The model types that have an architecture.
    pub fn architectures(&self) -> impl ExactSizeIterator<Item = &str> {
        self.architectures.keys().map(String::as_str)
    }

    /// All model types, each once, in order.
    pub fn model_types(&self) -> Vec<&str> {
        let listed = self.listed.lines().filter_map(|line| line.split('\t').next());
        let mut names: Vec<&str> = listed.chain(self.architectures()).collect();
        names.sort_unstable();
        names.dedup();
        names
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
