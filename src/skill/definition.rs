//! What a skill is, before any checkpoint is opened.

use std::path::Path;

use skillset_runtime::checkpoint::hub::Weights;
use skillset_runtime::checkpoint::{Checkpoint, CheckpointError};
use skillset_runtime::engine::EngineKind;
use skillset_runtime::model::ModelType;
use skillset_runtime::tasks::Pipeline;

use super::{Backend, Skill};
use crate::registry::{self, RegistryError};

/// Where the graph of a skill comes from.
#[derive(Clone, Copy, Debug)]
pub enum Origin {
    /// A model type that is built in, by its `model_type` in `config.json`.
    BuiltIn(&'static str),
    /// A model type that the author's crate compiled from a spec of its own.
    Own(&'static ModelType),
    /// A graph that others exported: an ONNX file of the checkpoint.
    Exported(&'static str),
}

/// The arguments of `#[skillset]`, as a constant.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// Where the graph comes from.
    pub origin: Origin,
    /// The task, by the name of the Hugging Face pipeline.
    pub task: &'static str,
    /// Where the skill may run, in order of preference.
    pub backends: &'static [Backend],
    /// Whether only the first backend will do.
    pub strict: bool,
    /// The default checkpoint: an id on the hub, or a directory.
    pub checkpoint: Option<&'static str>,
    /// The revision of the default checkpoint; none: `main`.
    pub revision: Option<&'static str>,
}

impl Origin {
    /// The model type by its name, or the file of an exported graph.
    pub fn name(self) -> &'static str {
        match self {
            Self::BuiltIn(name) | Self::Exported(name) => name,
            Self::Own(model_type) => model_type.model_type,
        }
    }

    /// The model type; none for an exported graph, which may be of any.
    ///
    /// # Errors
    /// If it is not compiled into this build.
    pub fn model_type(self) -> Result<Option<&'static ModelType>, RegistryError> {
        match self {
            Self::BuiltIn(name) => registry::architecture(name).map(Some),
            Self::Own(model_type) => Ok(Some(model_type)),
            Self::Exported(_) => Ok(None),
        }
    }

    /// Whether an engine can run the graph. Only ONNX Runtime reads ONNX files.
    pub(crate) fn runs_on(self, engine: EngineKind) -> bool {
        engine == EngineKind::Onnx || !matches!(self, Self::Exported(_))
    }

    /// What is fetched of a checkpoint on the hub.
    pub(crate) fn weights(self) -> Weights<'static> {
        match self {
            Self::BuiltIn(_) | Self::Own(_) => Weights::Safetensors,
            Self::Exported(file) => Weights::Graph(file),
        }
    }

    /// Opens a checkpoint directory with what is needed of it.
    pub(crate) fn open(self, dir: &Path) -> Result<Checkpoint, CheckpointError> {
        match self {
            Self::BuiltIn(_) | Self::Own(_) => Checkpoint::open(dir),
            Self::Exported(_) => Checkpoint::open_without_weights(dir),
        }
    }
}

/// A struct that is a skill; `#[skillset]` implements it.
pub trait Skilled: Sized {
    /// What the skill is.
    const DEFINITION: Definition;
    /// What does its task.
    type Pipeline: Pipeline;

    /// What the pipeline is set to, where the attribute says more than the checkpoint.
    fn settings() -> <Self::Pipeline as Pipeline>::Settings {
        Default::default()
    }
}

/// How a struct is made of a skill and the author's own fields, a tuple in the order of the struct; `#[skillset]`
/// implements it.
// The fields are a parameter because an associated type must not be private, and fields often are.
pub trait Assemble<F>: Skilled {
    /// The struct.
    fn assemble(skill: Skill<Self::Pipeline>, fields: F) -> Self;
}
