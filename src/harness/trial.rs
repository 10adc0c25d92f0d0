//! A skill opened on a checkpoint that was made for the test.

use std::path::Path;

use serde_json::Value;
use skillset_runtime::harness::fixture::Fixture;
use skillset_runtime::harness::{Samples, complete_checkpoint, recorded_task};
use skillset_runtime::model::{ModelType, Task};
use skillset_runtime::tasks::{JsonPipeline, RunJson, TaskError};
use tempfile::TempDir;

use super::{Harness, Outcome, message};
use crate::skill::{Preferences, Skill};
use crate::{Backend, SkillError};

/// The skill, its checkpoint, and inputs for it.
pub(super) struct Trial<P> {
    skill: Skill<P>,
    samples: Samples,
    /// Removed when the trial is over; images are in it.
    _dir: TempDir,
}

impl<P: JsonPipeline> Trial<P> {
    pub(super) fn open(harness: &Harness<P>) -> Result<Self, String> {
        let bench = Bench::of(harness)?;
        let dir = tempfile::tempdir().map_err(message)?;
        bench.write_checkpoint(dir.path())?;
        let samples = Samples::of(bench.task, dir.path()).map_err(message)?;
        let skill = harness.open(dir.path()).map_err(message)?;
        Ok(Self { skill, samples, _dir: dir })
    }

    /// Inputs of the task.
    pub(super) fn inputs(&self) -> &[Value] {
        &self.samples.inputs
    }

    /// The results for inputs, with options under which they do not depend on chance.
    pub(super) fn run(&self, inputs: &[Value]) -> Result<Vec<Value>, TaskError> {
        self.skill.pipeline().run_json(inputs, &self.samples.options)
    }
}

impl<P: JsonPipeline> Harness<P> {
    /// Opens the skill on the first of its backends that works, or else on one that works everywhere.
    pub(super) fn open(&self, dir: &Path) -> Result<Skill<P>, SkillError> {
        let last = [Backend::Cpu, Backend::OnnxCpu];
        let backends = self.definition.backends.iter().copied().chain(last).collect();
        let preferences =
            Preferences { backends: Some(backends), strict: Some(false), ..Preferences::default() };
        Skill::place(&self.definition, &(self.settings)(), &preferences, dir)
    }
}

/// What checkpoints for a skill are made from.
pub(super) struct Bench {
    pub(super) fixture: Fixture,
    pub(super) model_type: &'static ModelType,
    pub(super) task: &'static Task,
    labels: Option<&'static [&'static str]>,
}

impl Bench {
    pub(super) fn of<P: JsonPipeline>(harness: &Harness<P>) -> Result<Self, String> {
        let (model_type, fixture) = harness.recorded()?;
        Ok(Self {
            task: model_type.task(harness.definition.task).map_err(message)?,
            fixture,
            model_type,
            labels: harness.labels,
        })
    }

    /// Writes a checkpoint of the skill's task, with the skill's classes and what turns inputs into tensors.
    pub(super) fn write_checkpoint(&self, dir: &Path) -> Outcome {
        let recorded = recorded_task(&self.fixture, self.model_type, self.task.name).map_err(message)?;
        match self.labels {
            None => self.fixture.write_checkpoint(recorded, dir).map_err(message)?,
            Some(labels) => self
                .fixture
                .write_labelled_checkpoint(self.model_type, recorded, labels, dir)
                .map_err(message)?,
        }
        complete_checkpoint(self.model_type, self.task, dir).map_err(message)
    }
}
