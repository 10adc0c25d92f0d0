//! What `#[skillset]` expands to: a task's pipeline on the first backend that works.

use std::path::Path;
use std::sync::Arc;

use skillset_runtime::checkpoint::hub::{HubOptions, Quiet, Source, Weights};
use skillset_runtime::checkpoint::{Checkpoint, CheckpointError};
use skillset_runtime::engine::{Engine, EngineKind, EngineOptions};
use skillset_runtime::load::Model;
use skillset_runtime::tasks::{Pipeline, TaskError};

use crate::registry::{self, UnknownModelType};

/// Where a skill may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// The processor, by the candle engine.
    Cpu,
    /// The processor, by ONNX Runtime.
    OnnxCpu,
}

/// Where a skill runs, and what was tried before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The backend.
    pub backend: Backend,
    /// The engine's own name for it.
    pub engine: String,
    /// Backends that were preferred, and why each cannot be used.
    pub refused: Vec<(Backend, String)>,
}

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
    /// The skill's model type is not compiled in.
    #[error(transparent)]
    Unknown(#[from] UnknownModelType),
    /// No backend of the skill works here.
    #[error("no backend works: {}", .0.iter().map(|(backend, why)| format!("{backend:?}: {why}")).collect::<Vec<_>>().join("; "))]
    NoBackend(Vec<(Backend, String)>),
    /// The task failed.
    #[error(transparent)]
    Task(#[from] TaskError),
}

/// A task of a checkpoint on a backend.
pub struct Skill<P> {
    pipeline: P,
    placement: Placement,
}

impl<P: Pipeline> Skill<P> {
    /// Opens a directory or a model on the hub.
    ///
    /// # Errors
    /// See [`SkillError`].
    pub fn from_pretrained(
        model_type: &'static str,
        backends: &[Backend],
        source: &str,
    ) -> Result<Self, SkillError> {
        let dir = Source::parse(source)?.fetch(Weights::Safetensors, &HubOptions::from_env()?, &mut Quiet)?;
        Self::from_dir(model_type, backends, &dir)
    }

    /// Opens a directory.
    ///
    /// # Errors
    /// See [`SkillError`].
    pub fn from_dir(model_type: &'static str, backends: &[Backend], dir: &Path) -> Result<Self, SkillError> {
        let checkpoint = Checkpoint::open(dir)?;
        let found = checkpoint.model_type().map_err(CheckpointError::from)?;
        if found != model_type {
            let dir = dir.display().to_string();
            return Err(SkillError::ModelType { dir, expected: model_type, found });
        }
        let (engine, placement) = place(backends)?;
        let model = Model::new(registry::get(model_type)?, Arc::new(checkpoint), engine);
        Ok(Self { pipeline: P::load(&model)?, placement })
    }

    /// The result for one input.
    ///
    /// # Errors
    /// If the input is not one that the task takes, or the model fails.
    pub fn run_with(&self, input: P::Input, options: &P::Options) -> Result<P::Output, SkillError> {
        Ok(self.pipeline.run(input, options)?)
    }

    /// The results for several inputs, in their order.
    ///
    /// # Errors
    /// As [`run_with`](Self::run_with).
    pub fn run_batch(&self, inputs: &[P::Input], options: &P::Options) -> Result<Vec<P::Output>, SkillError> {
        Ok(self.pipeline.run_batch(inputs, options)?)
    }

    /// Where it runs.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }
}

/// The first backend whose engine opens.
fn place(backends: &[Backend]) -> Result<(Arc<dyn Engine>, Placement), SkillError> {
    let mut refused = vec![];
    for &backend in backends {
        let kind = match backend {
            Backend::Cpu => EngineKind::Candle,
            Backend::OnnxCpu => EngineKind::Onnx,
        };
        match (EngineOptions { kind, ..EngineOptions::default() }).open() {
            Ok(engine) => {
                let placement = Placement { backend, engine: engine.name(), refused };
                return Ok((engine, placement));
            }
            Err(error) => refused.push((backend, error.to_string())),
        }
    }
    Err(SkillError::NoBackend(refused))
}
