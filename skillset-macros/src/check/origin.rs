//! Where a skill's graph comes from.

use syn::{LitStr, Path};

use super::spec::Spec;
use crate::index::{Entry, Listed};

/// Where a skill's graph comes from.
pub enum Origin {
    /// A built-in model type.
    BuiltIn {
        /// The model type, as `model_type` of a `config.json`.
        model_type: String,
        /// What is known about it.
        entry: Entry,
    },
    /// A model type of the author's crate.
    Own(Own),
    /// A graph that others exported.
    Exported(Exported),
}

/// A graph that others exported.
pub struct Exported {
    /// Its file in the checkpoint.
    pub file: LitStr,
    /// The model type that it is of, where the author says so, with its name in prose and its tasks.
    pub of: Option<(String, Listed)>,
}

/// A model type of the author's crate.
pub struct Own {
    /// What its spec says.
    pub spec: Spec,
    /// The file of the spec, as it was written.
    pub file: String,
    /// The module that the build script made of it.
    pub module: Path,
}

impl Origin {
    /// The model type and what is known about it; nothing of an exported graph.
    pub fn model_type(&self) -> Option<(&str, &Entry)> {
        match self {
            Self::BuiltIn { model_type, entry } => Some((model_type, entry)),
            Self::Own(own) => Some((&own.spec.model_type, &own.spec.entry)),
            Self::Exported(_) => None,
        }
    }

    /// Whether outputs of transformers are recorded for it.
    pub fn has_fixture(&self) -> bool {
        match self {
            Self::BuiltIn { .. } => true,
            Self::Own(own) => own.spec.has_fixture,
            Self::Exported(_) => false,
        }
    }
}
