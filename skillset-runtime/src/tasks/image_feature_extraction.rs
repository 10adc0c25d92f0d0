//! `image-feature-extraction`: the vectors of an image's patches, or of the image.

use serde_json::Value;

use super::error::TaskError;
use super::feature_extraction::Features;
use super::image_source::parse_image;
use super::images::ImageModel;
use super::options::TaskOptions;
use super::pipeline::{JsonPipeline, Pipeline, to_json};
use super::settings::Adjustable;
use crate::checkpoint::{ConfigError, Reader};
use crate::load::Model;
use crate::processors::image::Image;

/// Gives the last hidden states of images; transformers' `ImageFeatureExtractionPipeline`.
pub struct ImageFeatureExtractor {
    model: ImageModel,
}

/// What a call to an [`ImageFeatureExtractor`] can ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageFeatureOptions {
    /// Whether to give the pooled vector of the image rather than one for each patch. Default: false.
    pub pool: bool,
}

/// The features of one image.
#[derive(Clone, Debug, PartialEq)]
pub enum ImageFeatures {
    /// One vector for each patch, after those of special tokens.
    Patches(Features),
    /// The vector of the pooler.
    Pooled(Vec<f32>),
}

impl TaskOptions for ImageFeatureOptions {
    const FIELDS: &'static [&'static str] = &["pool"];

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self { pool: r.opt_bool("pool")?.unwrap_or(false) })
    }
}

impl Pipeline for ImageFeatureExtractor {
    const NAME: &'static str = "image-feature-extraction";
    type Input = Image;
    type Options = ImageFeatureOptions;
    type Settings = ();
    type Output = ImageFeatures;

    fn load(model: &Model) -> Result<Self, TaskError> {
        // All outputs: the pooler is little beside the rest, and not every model has one.
        Ok(Self { model: ImageModel::load(Self::NAME, model, &[])? })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<Self::Settings> {
        &mut self.model
    }

    fn run_batch(
        &self,
        inputs: &[Image],
        options: &ImageFeatureOptions,
    ) -> Result<Vec<ImageFeatures>, TaskError> {
        self.model.run(inputs, |_, outputs| {
            if !options.pool {
                let hidden = outputs.get("last_hidden_state", 2)?;
                let features = Features { values: hidden.values.to_vec(), width: hidden.shape[1] };
                return Ok(ImageFeatures::Patches(features));
            }
            if !outputs.has("pooler_output") {
                let problem = "pool: the model has no pooler; leave the option out".to_owned();
                return Err(TaskError::Model { task: Self::NAME, problem });
            }
            Ok(ImageFeatures::Pooled(outputs.get("pooler_output", 1)?.values.to_vec()))
        })
    }
}

impl JsonPipeline for ImageFeatureExtractor {
    fn parse_input(value: &Value) -> Result<Image, String> {
        parse_image(value)
    }

    /// The pipeline keeps the batch axis of its one input.
    fn output_json(output: ImageFeatures) -> Value {
        match output {
            ImageFeatures::Patches(features) => to_json([features]),
            ImageFeatures::Pooled(vector) => to_json([vector]),
        }
    }
}
