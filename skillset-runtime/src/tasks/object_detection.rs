//! `object-detection`: what there is in an image, and where.

use serde::Serialize;
use serde_json::Value;

use super::batch::Row;
use super::error::TaskError;
use super::image_source::parse_image;
use super::images::ImageModel;
use super::labels::name_of;
use super::options::TaskOptions;
use super::pipeline::{JsonPipeline, Pipeline, to_json};
use super::settings::Adjustable;
use crate::checkpoint::{ConfigError, Labels, Reader};
use crate::load::Model;
use crate::processors::image::{DetectionRule, Image};
use crate::scores::{argmax, sigmoid, softmax, top_k};

/// Finds objects in images; transformers' `ObjectDetectionPipeline` for models of queries and boxes.
pub struct ObjectDetector {
    model: ImageModel,
    labels: Labels,
    rule: DetectionRule,
}

/// What a call to an [`ObjectDetector`] can ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectDetectionOptions {
    /// A detection's score is above this. Default: 0.5.
    pub threshold: f32,
}

/// An object in an image.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Detection {
    /// What it is, by its name in the config (`id2label`).
    pub label: String,
    /// How sure that is: a probability.
    pub score: f32,
    /// Where it is.
    #[serde(rename = "box")]
    pub bounds: Bounds,
}

/// A rectangle in pixels of the image, from its top left corner. Where a model places an edge outside of the image, it
/// is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bounds {
    /// The left edge.
    pub xmin: i32,
    /// The upper edge.
    pub ymin: i32,
    /// The right edge.
    pub xmax: i32,
    /// The lower edge.
    pub ymax: i32,
}

impl Default for ObjectDetectionOptions {
    fn default() -> Self {
        Self { threshold: 0.5 }
    }
}

impl TaskOptions for ObjectDetectionOptions {
    const FIELDS: &'static [&'static str] = &["threshold"];

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self { threshold: r.f64("threshold", 0.5)? as f32 })
    }
}

impl Bounds {
    /// Of a box `[center x, center y, width, height]` in shares of an image of size `(height, width)`.
    fn of(shares: &[f32], (height, width): (usize, usize)) -> Self {
        let edge = |center: usize, half: f32, size: usize| {
            // As the pipeline's integers: towards zero.
            ((shares[center] + half * shares[center + 2]) * size as f32) as i32
        };
        Self {
            xmin: edge(0, -0.5, width),
            ymin: edge(1, -0.5, height),
            xmax: edge(0, 0.5, width),
            ymax: edge(1, 0.5, height),
        }
    }
}

/// A query's class and its score.
struct Candidate {
    query: usize,
    class: usize,
    score: f32,
}

/// What the logits `[queries, classes]` could be detections of, in the order of the pipeline's results.
fn candidates(rule: DetectionRule, logits: &Row<'_>) -> Vec<Candidate> {
    let best_class = |(query, logits): (usize, &[f32])| {
        let mut scores = logits.to_vec();
        softmax(&mut scores);
        scores.pop();
        argmax(&scores).map(|class| Candidate { query, class, score: scores[class] })
    };
    let best_pairs = |most: Option<usize>| {
        let (queries, classes) = (logits.shape[0], logits.shape[1]);
        let scores: Vec<f32> = logits.values.iter().copied().map(sigmoid).collect();
        let pair = |at: usize| Candidate { query: at / classes, class: at % classes, score: scores[at] };
        top_k(&scores, most.unwrap_or(queries)).into_iter().map(pair).collect()
    };
    match rule {
        DetectionRule::BestClass => logits.vectors().enumerate().filter_map(best_class).collect(),
        DetectionRule::BestPairs(most) => best_pairs(most),
    }
}

impl Pipeline for ObjectDetector {
    const NAME: &'static str = "object-detection";
    type Input = Image;
    type Options = ObjectDetectionOptions;
    type Settings = ();
    type Output = Vec<Detection>;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let labels = model.checkpoint().labels()?;
        let model = ImageModel::load(Self::NAME, model, &["logits", "pred_boxes"])?;
        let rule = model.processor().settings().detection.ok_or_else(|| {
            let problem = "expected the image processor of a detector (image_processor_type in \
                           preprocessor_config.json), such as DetrImageProcessor, found another class or none";
            TaskError::Model { task: Self::NAME, problem: problem.to_owned() }
        })?;
        Ok(Self { model, labels, rule })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<Self::Settings> {
        &mut self.model
    }

    fn run_batch(
        &self,
        inputs: &[Image],
        options: &ObjectDetectionOptions,
    ) -> Result<Vec<Vec<Detection>>, TaskError> {
        self.model.run(inputs, |index, outputs| {
            let logits = outputs.get("logits", 2)?;
            let boxes = outputs.vectors("pred_boxes", logits.shape[0], 4)?;
            let detection = |found: Candidate| {
                let label = name_of(Self::NAME, &self.labels, found.class)?;
                let shares = &boxes[4 * found.query..][..4];
                let bounds = Bounds::of(shares, inputs[index].size());
                Ok(Detection { label, score: found.score, bounds })
            };
            let found = candidates(self.rule, &logits).into_iter();
            found.filter(|found| found.score > options.threshold).map(detection).collect()
        })
    }
}

impl JsonPipeline for ObjectDetector {
    fn parse_input(value: &Value) -> Result<Image, String> {
        parse_image(value)
    }

    fn output_json(output: Vec<Detection>) -> Value {
        to_json(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rule: DetectionRule) -> Vec<(usize, usize)> {
        let logits = Row { values: &[0.0, 3.0, 1.0, 2.0, 2.5, 4.0], shape: vec![2, 3] };
        candidates(rule, &logits).iter().map(|found| (found.query, found.class)).collect()
    }

    #[test]
    fn the_last_class_is_no_object() {
        assert_eq!(found(DetectionRule::BestClass), [(0, 1), (1, 1)]);
    }

    #[test]
    fn one_query_can_be_several_objects() {
        assert_eq!(found(DetectionRule::BestPairs(None)), [(1, 2), (0, 1)]);
        assert_eq!(found(DetectionRule::BestPairs(Some(3))), [(1, 2), (0, 1), (1, 1)]);
        assert_eq!(found(DetectionRule::BestPairs(Some(100))).len(), 6);
    }

    #[test]
    fn edges_outside_of_the_image_stay_there() {
        let bounds = Bounds::of(&[0.5, 0.25, 0.5, 1.0], (40, 10));
        assert_eq!(bounds, Bounds { xmin: 2, ymin: -10, xmax: 7, ymax: 30 });
    }
}
