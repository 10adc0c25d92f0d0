//! The tests that `#[skillset]` generates.
//!
//! Each skill gets a module of tests whose bodies are one call of a [`Harness`]. They run on the *fixture* of the
//! skill's model type: a tiny checkpoint, made on the spot, of which transformers' outputs were recorded. It is
//! looked for in `tests/fixtures/<model type>/default` of the author's crate, and then in this crate, which is
//! published with those of the model types that it has.
//!
//! | test | what it holds the skill to |
//! | --- | --- |
//! | `agrees_with_transformers_on_<backend>` | every recorded output within [`Limits::F32`], every generated token the same; where the machine lacks the backend, a refusal that says why and what helps |
//! | `refuses_bad_input` | missing, damaged and foreign checkpoints are errors that name the file; bad inputs are errors |
//! | `gives_the_same_result_twice` | the same inputs give the very same results |
//! | `serves_threads_at_once` | four threads get what one gets |
//! | `keeps_the_order_of_a_batch` | a batch has the results of its inputs, in their order |
//! | `is_send_and_sync` | a skill can be shared by threads |
//! | `cases` | the author's own [cases](crate::runtime::harness::cases) on real checkpoints, with `cases = "…"` |
//!
//! All but the first and the last run the whole task on the first of the skill's backends that works, or on `cpu`
//! where none does. A fixture has no tokenizer and no image processor, so ones that fit its config are made.
//!
//! [`Limits::F32`]: crate::runtime::harness::Limits::F32

mod bad_input;
mod cases;
mod fixture;
mod parity;
#[cfg(test)]
mod tests;
mod trial;

use std::fmt;
use std::path::Path;

use skillset_runtime::harness::behaviour;
use skillset_runtime::harness::fixture::Fixture;
use skillset_runtime::model::ModelType;
use skillset_runtime::tasks::{JsonPipeline, Pipeline};

use crate::{Backend, Definition};
use trial::Trial;

/// Tests of one skill. Every method panics, with a message that says what is wrong, unless the test passes.
pub struct Harness<P: Pipeline> {
    definition: Definition,
    settings: fn() -> P::Settings,
    /// The folder of the author's crate.
    crate_dir: &'static str,
    labels: Option<&'static [&'static str]>,
}

/// What a test found.
type Outcome = Result<(), String>;

/// Makes a message of any error.
fn message(error: impl fmt::Display) -> String {
    error.to_string()
}

impl<P: JsonPipeline> Harness<P> {
    /// The tests of a skill; `crate_dir` is the folder of the crate that it is in.
    pub const fn new(definition: Definition, settings: fn() -> P::Settings, crate_dir: &'static str) -> Self {
        Self { definition, settings, crate_dir, labels: None }
    }

    /// The classes of the skill, where they are a type of the author's: the fixture's checkpoint gets them.
    #[must_use]
    pub const fn with_labels(mut self, labels: &'static [&'static str]) -> Self {
        self.labels = Some(labels);
        self
    }

    /// Holds the model on `backend` against what transformers computed.
    ///
    /// # Panics
    /// If an output differs, or the backend is not here and its refusal does not help.
    #[track_caller]
    pub fn agrees_with_transformers(&self, backend: Backend) {
        self.conclude(&format!("on {backend}"), self.check_parity(backend));
    }

    /// Opens damaged checkpoints, and runs on bad inputs.
    ///
    /// # Panics
    /// If one of them is not refused, or the error does not name the file.
    #[track_caller]
    pub fn refuses_bad_input(&self) {
        self.conclude("bad input", self.check_bad_input());
    }

    /// Runs the same inputs twice.
    ///
    /// # Panics
    /// If the results differ.
    #[track_caller]
    pub fn gives_the_same_result_twice(&self) {
        self.conclude(
            "the same inputs twice",
            self.check(|trial| behaviour::repeats_itself(|inputs| trial.run(inputs), trial.inputs())),
        );
    }

    /// Runs the same inputs on several threads.
    ///
    /// # Panics
    /// If a thread gets other results than one alone.
    #[track_caller]
    pub fn serves_threads_at_once(&self) {
        self.conclude(
            "several threads",
            self.check(|trial| behaviour::serves_threads(|inputs| trial.run(inputs), trial.inputs())),
        );
    }

    /// Runs inputs alone and in batches.
    ///
    /// # Panics
    /// If a batch has other results, or in another order.
    #[track_caller]
    pub fn keeps_the_order_of_a_batch(&self) {
        self.conclude(
            "a batch",
            self.check(|trial| behaviour::keeps_order(|inputs| trial.run(inputs), trial.inputs())),
        );
    }

    /// Runs the author's cases; `file` is relative to the crate's folder. See
    /// [`cases`](crate::runtime::harness::cases) for its format.
    ///
    /// # Panics
    /// If the file or a checkpoint cannot be read, or a result differs, with all that do.
    #[track_caller]
    pub fn cases(&self, file: &str) {
        self.conclude("cases", self.check_cases(file));
    }

    /// The skill's model type and its fixture.
    fn recorded(&self) -> Result<(&'static ModelType, Fixture), String> {
        let model_type = self.definition.origin.model_type().map_err(message)?;
        let model_type =
            model_type.ok_or("an exported graph has no model type, so there is no fixture of it")?;
        Ok((model_type, fixture::find(model_type.model_type, self.crate_dir())?))
    }

    fn check(&self, behaves: impl FnOnce(&Trial<P>) -> Outcome) -> Outcome {
        behaves(&Trial::open(self)?)
    }

    #[track_caller]
    fn conclude(&self, what: &str, outcome: Outcome) {
        if let Err(problem) = outcome {
            panic!("{} {}: {what}: {problem}", self.definition.origin.name(), self.definition.task);
        }
    }

    /// Says, to those who let tests print, what a test that passes has left out.
    #[expect(clippy::print_stderr, reason = "the output of a test is what it prints")]
    fn note(&self, what: &str) {
        eprintln!("{} {}: {what}", self.definition.origin.name(), self.definition.task);
    }

    fn crate_dir(&self) -> &'static Path {
        Path::new(self.crate_dir)
    }
}

/// Compiles only if threads can share a `T`.
pub const fn is_send_and_sync<T: Send + Sync>() {}
