//! What a skill is, before any checkpoint is opened.

use skillset_runtime::model::ModelType;
use skillset_runtime::tasks::Pipeline;

use super::{Backend, Skill};
use crate::registry::{self, UnknownModelType};

/// The arguments of `#[skillset]`, as a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The model type, as `model_type` in `config.json`.
    pub model_type: &'static str,
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

impl Definition {
    /// The model type.
    ///
    /// # Errors
    /// If it is not compiled into this build.
    pub fn model(&self) -> Result<&'static ModelType, UnknownModelType> {
        registry::get(self.model_type)
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
