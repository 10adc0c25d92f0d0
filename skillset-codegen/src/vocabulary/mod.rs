//! What steps may apply: the blocks and primitives of skillset-runtime.
//!
//! `blocks.json` is written by `cargo xtask codegen` from the runtime's source, so a new block needs no line here.

mod types;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

pub use types::Type;

/// Everything that a spec can name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Vocabulary {
    /// Structs with `new` and `build`, by their names in specs.
    pub blocks: BTreeMap<String, Callable>,
    /// Methods of a scope that take a value first, by their names in specs.
    pub primitives: BTreeMap<String, Callable>,
    /// Structs of sub-paths that blocks take, by type.
    pub records: BTreeMap<String, Vec<Param>>,
    /// Enums whose variants expressions may name, by type.
    pub enums: BTreeMap<String, Enum>,
}

/// A block or primitive.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Callable {
    /// The type (`Attention`) or method (`where_`).
    pub rust: String,
    /// Its documentation.
    pub doc: String,
    /// Its parameters: those that must be given in the order of `new`, then the others.
    pub params: Vec<Param>,
    /// The type of the result.
    pub returns: String,
}

/// A parameter of a block or primitive, or a field of a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its Rust type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its default, as Rust; none: it must be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Its documentation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
}

/// An enum of the runtime.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Enum {
    /// The module of the runtime that exports it: `blocks` or `ir`.
    pub module: String,
    /// The variants without fields.
    pub variants: Vec<String>,
    /// The variants by their names in a `config.json`, if it is read from one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
}

impl Vocabulary {
    /// The vocabulary of the runtime that this crate was built with.
    pub fn get() -> &'static Self {
        static VOCABULARY: OnceLock<Vocabulary> = OnceLock::new();
        VOCABULARY.get_or_init(|| {
            serde_json::from_str(include_str!("blocks.json"))
                .expect("blocks.json is written by `cargo xtask codegen` from this very type")
        })
    }

    /// The block or primitive called `name`, and whether it is a block.
    pub fn find(&self, name: &str) -> Option<(&Callable, bool)> {
        let block = self.blocks.get(name).map(|block| (block, true));
        block.or_else(|| self.primitives.get(name).map(|primitive| (primitive, false)))
    }

    /// The names of all blocks and primitives.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.blocks.keys().chain(self.primitives.keys()).map(String::as_str)
    }
}

impl Param {
    /// The type.
    pub fn ty(&self) -> Type {
        Type::parse(&self.kind)
    }
}
