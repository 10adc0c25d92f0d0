//! Why a skill cannot be opened or run.

use skillset_runtime::checkpoint::CheckpointError;
use skillset_runtime::tasks::TaskError;

use super::placement::{Refusal, reasons};
use crate::registry::RegistryError;

/// Why a skill cannot be opened or run.
#[derive(Debug, thiserror::Error)]
pub enum SkillError {
    /// The checkpoint cannot be had or is damaged.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint is of another model type than the skill.
    #[error("{dir}/config.json: /model_type: expected {expected:?}, found {found:?}")]
    ModelType {
        /// The checkpoint.
        dir: String,
        /// The skill's model type.
        expected: &'static str,
        /// The checkpoint's.
        found: String,
    },
    /// The skill's model type is not compiled in, or has no architecture.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The skill has no default checkpoint.
    #[error(
        "the skill has no default checkpoint; name one, or add `checkpoint = \"org/name\"` to its attribute"
    )]
    NoCheckpoint,
    /// No backend of the skill works here.
    #[error("no backend of the skill works here: {}", reasons(.0))]
    NoBackend(Vec<Refusal>),
    /// The preferred backend does not work, and no other will do.
    #[error("the skill is strict about its first backend, which does not work here: {}", reasons(.0))]
    Strict(Vec<Refusal>),
    /// The task failed.
    #[error(transparent)]
    Task(#[from] TaskError),
}
