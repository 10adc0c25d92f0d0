//! What all tasks have in common.

use serde_json::Value;

use super::error::TaskError;
use super::options::{TaskOptions, parse_options};
use super::progress::Watcher;
use super::settings::Adjustable;
use crate::load::Model;

/// A task with a model: what a user has in, what a user wants out.
pub trait Pipeline: Send + Sync + Sized {
    /// The task's name, as the hub has it.
    const NAME: &'static str;
    /// An input.
    type Input: Send + Sync;
    /// What a call can ask for.
    type Options: TaskOptions;
    /// What it can be set to once, for all calls.
    type Settings: Clone + Default;
    /// The result for one input.
    type Output: Send;

    /// Prepares the task's head of `model` and reads what else of the checkpoint the task needs.
    ///
    /// # Errors
    /// If the model type has no such head, or a file of the checkpoint is missing or unusable.
    fn load(model: &Model) -> Result<Self, TaskError>;

    /// What of it is set once, for all calls: for most tasks its model.
    fn adjustable(&mut self) -> &mut dyn Adjustable<Self::Settings>;

    /// Applies settings. A call's own options win over them.
    #[must_use]
    fn with_settings(mut self, settings: &Self::Settings) -> Self {
        self.adjustable().apply(settings);
        self
    }

    /// Sets how many inputs run together at most. More needs more memory and is faster, up to a point.
    #[must_use]
    fn with_batch_size(mut self, size: usize) -> Self {
        self.adjustable().set_batch_size(size);
        self
    }

    /// Sets who is told how far calls are. Tasks whose inputs may take long tell it: speech recognition, in seconds of
    /// sound. Others have nothing to tell.
    #[must_use]
    fn with_watcher(mut self, watcher: Watcher) -> Self {
        self.adjustable().set_watcher(watcher);
        self
    }

    /// The results for `inputs`, in their order. None gives none.
    ///
    /// # Errors
    /// The first input's that has one: it is empty, too long, or the model computed NaN.
    fn run_batch(
        &self,
        inputs: &[Self::Input],
        options: &Self::Options,
    ) -> Result<Vec<Self::Output>, TaskError>;

    /// The result for one input.
    ///
    /// # Errors
    /// As [`run_batch`](Self::run_batch).
    fn run(&self, input: impl Into<Self::Input>, options: &Self::Options) -> Result<Self::Output, TaskError> {
        let mut outputs = self.run_batch(&[input.into()], options)?;
        Ok(outputs.pop().expect("run_batch gives a result for each input"))
    }
}

/// A task whose inputs and results have a JSON form.
pub trait JsonPipeline: Pipeline + 'static {
    /// Reads an input.
    ///
    /// # Errors
    /// Says what was expected and found.
    fn parse_input(value: &Value) -> Result<Self::Input, String>;

    /// Writes a result as transformers' pipeline does.
    fn output_json(output: Self::Output) -> Value;

    /// The same where that depends on the input, which the pipeline repeats, or on options.
    fn answer_json(_input: &Value, _options: &Self::Options, output: Self::Output) -> Value {
        Self::output_json(output)
    }
}

/// A loaded task that takes and gives JSON, whatever its types are.
pub trait RunJson: Send + Sync {
    /// The results for `inputs`, in their order.
    ///
    /// # Errors
    /// If an input or an option is not what the task takes, or the task fails.
    fn run_json(&self, inputs: &[Value], options: &Value) -> Result<Vec<Value>, TaskError>;

    /// The same with so many inputs together at most; see [`Pipeline::with_batch_size`].
    #[must_use]
    fn in_batches_of(self: Box<Self>, size: usize) -> Box<dyn RunJson>;

    /// The same with someone who is told how far calls are; see [`Pipeline::with_watcher`].
    #[must_use]
    fn watched_by(self: Box<Self>, watcher: Watcher) -> Box<dyn RunJson>;
}

impl<P: JsonPipeline> RunJson for P {
    fn run_json(&self, inputs: &[Value], options: &Value) -> Result<Vec<Value>, TaskError> {
        let options = parse_options(P::NAME, options)?;
        run_parsed(self, inputs, &parse_inputs::<P>(inputs)?, &options)
    }

    fn in_batches_of(self: Box<Self>, size: usize) -> Box<dyn RunJson> {
        Box::new(self.with_batch_size(size))
    }

    fn watched_by(self: Box<Self>, watcher: Watcher) -> Box<dyn RunJson> {
        Box::new(self.with_watcher(watcher))
    }
}

/// Runs a task that is loaded only once its inputs and options are known to be right.
pub(super) fn load_and_run<P: JsonPipeline>(
    model: &Model,
    inputs: &[Value],
    options: &Value,
    watcher: Watcher,
) -> Result<Vec<Value>, TaskError> {
    let options = parse_options(P::NAME, options)?;
    let parsed = parse_inputs::<P>(inputs)?;
    run_parsed(&P::load(model)?.with_watcher(watcher), inputs, &parsed, &options)
}

fn parse_inputs<P: JsonPipeline>(values: &[Value]) -> Result<Vec<P::Input>, TaskError> {
    let parse = |(index, value): (usize, &Value)| {
        P::parse_input(value).map_err(|problem| TaskError::Input { task: P::NAME, index, problem })
    };
    values.iter().enumerate().map(parse).collect()
}

fn run_parsed<P: JsonPipeline>(
    pipeline: &P,
    inputs: &[Value],
    parsed: &[P::Input],
    options: &P::Options,
) -> Result<Vec<Value>, TaskError> {
    let answers = inputs.iter().zip(pipeline.run_batch(parsed, options)?);
    Ok(answers.map(|(input, output)| P::answer_json(input, options, output)).collect())
}

/// The JSON form of a value that serialises without fail: numbers, texts, lists and structs of them.
pub(super) fn to_json(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("results are made of numbers, texts, lists and structs")
}
