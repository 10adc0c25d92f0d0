//! Why a model type cannot be had.

use crate::models;
use crate::runtime::model::did_you_mean;

/// Why a model type cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// This build does not have it.
    #[error(
        "unknown model type {model_type:?}{}; this build has {} model types (see `skillset list`)",
        did_you_mean(*suggestion),
        models::METADATA.len()
    )]
    Unknown {
        /// The name asked for.
        model_type: String,
        /// The name that was likely meant.
        suggestion: Option<&'static str>,
    },
    /// It is no model type but another name for one.
    #[error("{name:?} is no model type but stands for {model_type:?} ({why}); use that")]
    Alias {
        /// The name asked for.
        name: String,
        /// What it stands for.
        model_type: &'static str,
        /// Why.
        why: &'static str,
    },
    /// It is the name of something that transformers has no model type for.
    #[error("there is no model type {name:?}: {note}")]
    Absent {
        /// The name asked for.
        name: String,
        /// What it is.
        note: &'static str,
    },
    /// It has metadata only.
    #[error(
        "model type {model_type:?} is known to transformers but has no architecture here, metadata only; run a \
         graph of it that was exported elsewhere, with `skillset run --onnx FILE --task TASK`, `#[skillset(onnx = \
         \"…\")]` or `Model::exported`, or describe it in a spec of your own (`#[skillset(spec = \"…\")]`); \
         architectures there are for {}",
        known.join(", ")
    )]
    NoArchitecture {
        /// The model type.
        model_type: &'static str,
        /// The model types that have one, the most similar first; not all of them if they are many.
        known: Vec<&'static str>,
    },
}
