//! What `#[skillset]` expands to: a task's pipeline on the first backend that works. [`AutoSkill`] is the same for
//! whatever a checkpoint is of.

mod auto;
mod backend;
mod builder;
mod definition;
mod error;
mod placement;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use skillset_runtime::checkpoint::{Checkpoint, CheckpointError};
use skillset_runtime::load::Model;
use skillset_runtime::tasks::{
    ImagePrompt, ImageTextGenerator, Pipeline, Prompt, TextGenerationOptions, TextGenerator, TextStream,
};

pub use auto::{AutoChoice, AutoSkill};
pub use backend::{Backend, UnknownBackend};
pub use builder::SkillBuilder;
pub use definition::{Assemble, Definition, Origin, Skilled};
pub use error::SkillError;
pub use placement::{Placement, Refusal};

pub(crate) use placement::{Preferences, place};

/// A task of a checkpoint on a backend. Clones share one model.
pub struct Skill<P> {
    inner: Arc<Inner<P>>,
}

struct Inner<P> {
    pipeline: P,
    placement: Placement,
    origin: Origin,
}

impl<P> Clone for Skill<P> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<P: Pipeline> fmt::Debug for Skill<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { placement, origin, .. } = &*self.inner;
        let mut shown = f.debug_struct("Skill");
        let source = if matches!(origin, Origin::Exported(_)) { "graph" } else { "model_type" };
        shown.field(source, &origin.name()).field("task", &P::NAME).field("placement", placement);
        shown.finish_non_exhaustive()
    }
}

impl<P: Pipeline> Skill<P> {
    /// Opens a checkpoint directory for a skill of this definition on the first of its backends that works.
    ///
    /// # Errors
    /// See [`SkillError`].
    pub fn open(definition: &Definition, settings: &P::Settings, dir: &Path) -> Result<Self, SkillError> {
        Self::place(definition, settings, &Preferences::default(), dir)
    }

    /// As [`open`](Self::open), with preferences.
    pub(crate) fn place(
        definition: &Definition,
        settings: &P::Settings,
        preferences: &Preferences,
        dir: &Path,
    ) -> Result<Self, SkillError> {
        let origin = definition.origin;
        let model_type = origin.model_type()?;
        let checkpoint = Arc::new(origin.open(dir)?);
        if let Some(expected) = model_type.map(|model| model.model_type).or(definition.graph_of) {
            check_model_type(&checkpoint, expected)?;
        }
        let (engine, placement) = place(&definition.into(), preferences)?;
        let model = match model_type {
            Some(model_type) => Model::new(model_type, checkpoint, engine),
            None => Model::exported(origin.name(), checkpoint, engine),
        };
        let mut pipeline = P::load(&model)?.with_settings(settings).with_watcher(preferences.watcher.clone());
        if let Some(size) = preferences.batch_size {
            pipeline = pipeline.with_batch_size(size);
        }
        Ok(Self { inner: Arc::new(Inner { pipeline, placement, origin }) })
    }

    /// The result for one input, with default options.
    ///
    /// # Errors
    /// If the input is not one that the task takes, or the model fails.
    pub fn run(&self, input: impl Into<P::Input>) -> Result<P::Output, SkillError> {
        self.run_with(input, &P::Options::default())
    }

    /// The result for one input.
    ///
    /// # Errors
    /// As [`run`](Self::run), or if an option makes no sense.
    pub fn run_with(
        &self,
        input: impl Into<P::Input>,
        options: &P::Options,
    ) -> Result<P::Output, SkillError> {
        Ok(self.inner.pipeline.run(input, options)?)
    }

    /// The results for several inputs, in their order, with default options.
    ///
    /// # Errors
    /// As [`run`](Self::run); the error names the input.
    pub fn run_batch(&self, inputs: &[P::Input]) -> Result<Vec<P::Output>, SkillError> {
        self.run_batch_with(inputs, &P::Options::default())
    }

    /// The results for several inputs, in their order.
    ///
    /// # Errors
    /// As [`run_batch`](Self::run_batch), or if an option makes no sense.
    pub fn run_batch_with(
        &self,
        inputs: &[P::Input],
        options: &P::Options,
    ) -> Result<Vec<P::Output>, SkillError> {
        Ok(self.inner.pipeline.run_batch(inputs, options)?)
    }

    /// Where it runs, and why not on the backends before.
    pub fn placement(&self) -> &Placement {
        &self.inner.placement
    }

    /// What does the task.
    pub fn pipeline(&self) -> &P {
        &self.inner.pipeline
    }
}

fn check_model_type(checkpoint: &Checkpoint, expected: &'static str) -> Result<(), SkillError> {
    let found = checkpoint.model_type().map_err(CheckpointError::from)?;
    if found == expected {
        return Ok(());
    }
    Err(SkillError::ModelType { dir: checkpoint.dir().display().to_string(), expected, found })
}

impl Skill<ImageTextGenerator> {
    /// The continuation of one prompt, piece by piece, with default options.
    ///
    /// # Errors
    /// As [`run`](Self::run) before the first piece; later ones come from the stream.
    pub fn stream(&self, prompt: impl Into<ImagePrompt>) -> Result<TextStream<'_>, SkillError> {
        self.stream_with(prompt, &TextGenerationOptions::default())
    }

    /// The continuation of one prompt, piece by piece.
    ///
    /// # Errors
    /// As [`stream`](Self::stream), or if an option makes no sense.
    pub fn stream_with(
        &self,
        prompt: impl Into<ImagePrompt>,
        options: &TextGenerationOptions,
    ) -> Result<TextStream<'_>, SkillError> {
        Ok(self.inner.pipeline.stream(prompt, options)?)
    }
}

impl Skill<TextGenerator> {
    /// The continuation of one prompt, piece by piece, with default options.
    ///
    /// # Errors
    /// As [`run`](Self::run) before the first piece; later ones come from the stream.
    pub fn stream(&self, prompt: impl Into<Prompt>) -> Result<TextStream<'_>, SkillError> {
        self.stream_with(prompt, &TextGenerationOptions::default())
    }

    /// The continuation of one prompt, piece by piece.
    ///
    /// # Errors
    /// As [`stream`](Self::stream), or if an option makes no sense.
    pub fn stream_with(
        &self,
        prompt: impl Into<Prompt>,
        options: &TextGenerationOptions,
    ) -> Result<TextStream<'_>, SkillError> {
        Ok(self.inner.pipeline.stream(prompt, options)?)
    }
}
