//! `feature-extraction`: the vectors of a text's tokens.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::error::TaskError;
use super::options::TaskOptions;
use super::pipeline::{JsonPipeline, Pipeline, to_json};
use super::settings::{Adjustable, TextSettings};
use super::text::TextModel;
use super::text_input::TextInput;
use crate::checkpoint::{ConfigError, Reader};
use crate::load::Model;

/// Gives the last hidden states of texts; transformers' `FeatureExtractionPipeline`.
pub struct FeatureExtractor {
    model: TextModel,
}

/// What a call to a [`FeatureExtractor`] can ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeatureOptions {
    /// Whether to cut texts that are too long for the model, rather than refuse them. Default: false.
    pub truncation: bool,
}

/// Vectors of the same width: one for each token of a text, or for each patch of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// The vectors, one after the other.
    pub values: Vec<f32>,
    /// Components of a vector.
    pub width: usize,
}

impl Features {
    /// The vectors.
    pub fn vectors(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.width.max(1))
    }
}

/// As a list of vectors.
impl Serialize for Features {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.vectors())
    }
}

impl TaskOptions for FeatureOptions {
    const FIELDS: &'static [&'static str] = &["truncation"];

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self { truncation: r.bool("truncation", false)? })
    }
}

impl Pipeline for FeatureExtractor {
    const NAME: &'static str = "feature-extraction";
    type Input = TextInput;
    type Options = FeatureOptions;
    type Settings = TextSettings;
    type Output = Features;

    fn load(model: &Model) -> Result<Self, TaskError> {
        Ok(Self { model: TextModel::load(Self::NAME, model, &["last_hidden_state"])? })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<Self::Settings> {
        &mut self.model
    }

    fn run_batch(&self, inputs: &[TextInput], options: &FeatureOptions) -> Result<Vec<Features>, TaskError> {
        let texts = self.model.encode(inputs, &self.model.cutting(options.truncation))?;
        self.model.run(&texts, |_, outputs| {
            let hidden = outputs.tokens("last_hidden_state", 2)?;
            Ok(Features { values: hidden.values.to_vec(), width: hidden.shape[1] })
        })
    }
}

impl JsonPipeline for FeatureExtractor {
    fn parse_input(value: &Value) -> Result<TextInput, String> {
        TextInput::parse(value)
    }

    /// The pipeline keeps the batch axis of its one input.
    fn output_json(output: Features) -> Value {
        to_json([output])
    }
}
