//! `text-classification`: the classes of a text.

use serde_json::Value;

use super::classification::{Classes, Classification, ScoreFunction};
use super::error::TaskError;
use super::options::TaskOptions;
use super::pipeline::{JsonPipeline, Pipeline, to_json};
use super::settings::{Adjustable, TextSettings};
use super::text::TextModel;
use super::text_input::TextInput;
use crate::checkpoint::{ConfigError, Reader};
use crate::load::Model;

/// Classifies texts; transformers' `TextClassificationPipeline`.
pub struct TextClassifier {
    model: TextModel,
    classes: Classes,
}

/// What a call to a [`TextClassifier`] can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassificationOptions {
    /// How many classes to return, best first; `None`: all. Default: 1.
    pub top_k: Option<usize>,
    /// What makes scores of logits. Default: no function for a regression, sigmoid for several independent
    /// classes or a single one, softmax otherwise.
    pub function_to_apply: Option<ScoreFunction>,
    /// Whether to cut texts that are too long for the model, rather than refuse them. Default: false.
    pub truncation: bool,
}

impl Default for ClassificationOptions {
    fn default() -> Self {
        Self { top_k: Some(1), function_to_apply: None, truncation: false }
    }
}

impl TaskOptions for ClassificationOptions {
    const FIELDS: &'static [&'static str] = &["top_k", "function_to_apply", "truncation"];

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            top_k: r.opt_usize_or("top_k", 1)?,
            function_to_apply: r.opt_parsed("function_to_apply")?,
            truncation: r.bool("truncation", false)?,
        })
    }
}

impl Pipeline for TextClassifier {
    const NAME: &'static str = "text-classification";
    type Input = TextInput;
    type Options = ClassificationOptions;
    type Settings = TextSettings;
    type Output = Vec<Classification>;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let classes = Classes::of(model.checkpoint())?;
        Ok(Self { model: TextModel::load(Self::NAME, model, &["logits"])?.padded_as_config(model)?, classes })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<Self::Settings> {
        &mut self.model
    }

    fn run_batch(
        &self,
        inputs: &[TextInput],
        options: &ClassificationOptions,
    ) -> Result<Vec<Vec<Classification>>, TaskError> {
        let texts = self.model.encode(inputs, &self.model.cutting(options.truncation))?;
        self.model.run(&texts, |_, outputs| {
            let logits = outputs.logits(self.classes.len())?;
            Ok(self.classes.rank(logits, options.function_to_apply, options.top_k))
        })
    }
}

impl JsonPipeline for TextClassifier {
    fn parse_input(value: &Value) -> Result<TextInput, String> {
        TextInput::parse(value)
    }

    fn output_json(output: Vec<Classification>) -> Value {
        to_json(output)
    }
}
