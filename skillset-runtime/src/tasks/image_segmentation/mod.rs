//! `image-segmentation`: what there is in an image, pixel by pixel.

mod options;
mod queries;

use serde::Serialize;
use serde_json::Value;

pub use self::options::{ImageSegmentationOptions, Subtask};
use self::queries::{Queries, Region};
use super::error::TaskError;
use super::image_source::parse_image;
use super::images::ImageModel;
use super::labels::name_of;
use super::mask::Mask;
use super::pipeline::{JsonPipeline, Pipeline, to_json};
use super::settings::Adjustable;
use crate::checkpoint::Labels;
use crate::load::Model;
use crate::processors::image::{Image, SegmentationRule};

/// Divides images into segments; transformers' `ImageSegmentationPipeline` for models of queries and masks.
pub struct ImageSegmenter {
    model: ImageModel,
    labels: Labels,
}

/// A part of an image.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Segment {
    /// What it is, by its name in the config (`id2label`).
    pub label: String,
    /// How sure that is: a probability, rounded to six decimals. None where every pixel has a class of its own
    /// ([`Subtask::Semantic`]).
    pub score: Option<f32>,
    /// Which pixels are part of it.
    pub mask: Mask,
}

impl Pipeline for ImageSegmenter {
    const NAME: &'static str = "image-segmentation";
    type Input = Image;
    type Options = ImageSegmentationOptions;
    type Settings = ();
    type Output = Vec<Segment>;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let labels = model.checkpoint().labels()?;
        let model = ImageModel::load(Self::NAME, model, &["logits", "pred_masks"])?;
        match model.processor().settings().segmentation {
            Some(SegmentationRule::Queries) => Ok(Self { model, labels }),
            None => {
                let problem = "expected the image processor of a model with masks of queries (image_processor_type \
                               in preprocessor_config.json), such as DetrImageProcessor, found another class or none";
                Err(TaskError::Model { task: Self::NAME, problem: problem.to_owned() })
            }
        }
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<Self::Settings> {
        &mut self.model
    }

    fn run_batch(
        &self,
        inputs: &[Image],
        options: &ImageSegmentationOptions,
    ) -> Result<Vec<Vec<Segment>>, TaskError> {
        self.model.run(inputs, |index, outputs| {
            let logits = outputs.get("logits", 2)?;
            let masks = outputs.get("pred_masks", 3)?;
            let queries = Queries::new(&logits, &masks).ok_or_else(|| TaskError::Model {
                task: Self::NAME,
                problem: format!(
                    "expected logits and a mask for each query, found {:?} and {:?}",
                    logits.shape, masks.shape
                ),
            })?;
            let size = inputs[index].size();
            let regions = match options.subtask {
                Subtask::Semantic => queries.classes_of_pixels(size),
                Subtask::Panoptic | Subtask::Instance => queries.objects(size, options),
            };
            regions.into_iter().map(|region| self.segment(region)).collect()
        })
    }
}

impl ImageSegmenter {
    fn segment(&self, Region { class, score, mask }: Region) -> Result<Segment, TaskError> {
        Ok(Segment { label: name_of(Self::NAME, &self.labels, class)?, score, mask })
    }
}

impl JsonPipeline for ImageSegmenter {
    fn parse_input(value: &Value) -> Result<Image, String> {
        parse_image(value)
    }

    fn output_json(output: Vec<Segment>) -> Value {
        to_json(output)
    }
}

#[cfg(test)]
mod tests;
