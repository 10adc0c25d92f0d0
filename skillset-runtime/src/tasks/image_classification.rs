//! `image-classification`: the classes of an image.

use serde_json::Value;

use super::classification::{Classes, Classification, ScoreFunction};
use super::error::TaskError;
use super::image_source::parse_image;
use super::images::ImageModel;
use super::options::TaskOptions;
use super::pipeline::{JsonPipeline, Pipeline, to_json};
use super::settings::Adjustable;
use crate::checkpoint::{ConfigError, Reader};
use crate::load::Model;
use crate::processors::image::Image;

/// Classifies images; transformers' `ImageClassificationPipeline`.
pub struct ImageClassifier {
    model: ImageModel,
    classes: Classes,
}

/// What a call to an [`ImageClassifier`] can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageClassificationOptions {
    /// How many classes to return, best first; all where there are fewer. Default: 5.
    pub top_k: usize,
    /// What makes scores of logits. Default: no function for a regression, sigmoid for several independent
    /// classes or a single one, softmax otherwise.
    pub function_to_apply: Option<ScoreFunction>,
}

impl Default for ImageClassificationOptions {
    fn default() -> Self {
        Self { top_k: 5, function_to_apply: None }
    }
}

impl TaskOptions for ImageClassificationOptions {
    const FIELDS: &'static [&'static str] = &["top_k", "function_to_apply"];

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            top_k: r.opt_usize("top_k")?.unwrap_or(5),
            function_to_apply: r.opt_parsed("function_to_apply")?,
        })
    }
}

impl Pipeline for ImageClassifier {
    const NAME: &'static str = "image-classification";
    type Input = Image;
    type Options = ImageClassificationOptions;
    type Settings = ();
    type Output = Vec<Classification>;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let classes = Classes::of(model.checkpoint())?;
        Ok(Self { model: ImageModel::load(Self::NAME, model, &["logits"])?, classes })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<Self::Settings> {
        &mut self.model
    }

    fn run_batch(
        &self,
        inputs: &[Image],
        options: &ImageClassificationOptions,
    ) -> Result<Vec<Vec<Classification>>, TaskError> {
        self.model.run(inputs, |_, outputs| {
            let logits = outputs.logits(self.classes.len())?;
            Ok(self.classes.rank(logits, options.function_to_apply, Some(options.top_k)))
        })
    }
}

impl JsonPipeline for ImageClassifier {
    fn parse_input(value: &Value) -> Result<Image, String> {
        parse_image(value)
    }

    fn output_json(output: Vec<Classification>) -> Value {
        to_json(output)
    }
}
