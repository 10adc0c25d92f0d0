//! What can go wrong in a task.

use crate::checkpoint::{CheckpointError, ConfigError};
use crate::engine::EngineError;
use crate::generate::GenerateError;
use crate::load::LoadError;
use crate::model::did_you_mean;
use crate::processors::ProcessorError;

/// Why a task has no result.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// There is no task of this name.
    #[error("there is no task {name:?}{}; tasks are {}", did_you_mean(near.as_deref()), known.join(", "))]
    UnknownTask {
        /// The name.
        name: String,
        /// The most similar name there is, if one is similar.
        near: Option<String>,
        /// The names there are.
        known: Vec<&'static str>,
    },
    /// An option is unknown.
    #[error("{task} has no option {name:?}{}; its options are {}", did_you_mean(near.as_deref()), known.join(", "))]
    UnknownOption {
        /// The task.
        task: &'static str,
        /// The option.
        name: String,
        /// The most similar option there is, if one is similar.
        near: Option<String>,
        /// The options there are.
        known: Vec<&'static str>,
    },
    /// An option has a value that cannot be used.
    #[error(transparent)]
    Option(#[from] ConfigError),
    /// An input is not one that the task takes.
    #[error("{task}: input {index}: {problem}")]
    Input {
        /// The task.
        task: &'static str,
        /// The input's position in the batch.
        index: usize,
        /// Expected and found, and what helps.
        problem: String,
    },
    /// The model does not go with the task or the options.
    #[error("{task}: {problem}")]
    Model {
        /// The task.
        task: &'static str,
        /// What is wrong, and what helps.
        problem: String,
    },
    /// The model computed something that is not a number.
    #[error(
        "the model produced {found} in output {output:?} for input {index}; its weights are damaged, or too large \
         for the precision it runs in"
    )]
    NotFinite {
        /// The output.
        output: String,
        /// The input's position in the batch.
        index: usize,
        /// NaN or an infinity.
        found: f32,
    },
    /// An output has another shape than the task expects.
    #[error("{graph}: output {output:?}: expected {expected}, found {found}")]
    Output {
        /// The graph.
        graph: String,
        /// The output.
        output: String,
        /// What the task expects.
        expected: String,
        /// What there is.
        found: String,
    },
    /// A file of the checkpoint is missing or wrong.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A text, an image or a recording cannot be processed.
    #[error(transparent)]
    Processor(#[from] ProcessorError),
    /// Generation failed.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The model cannot be loaded for this task.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
