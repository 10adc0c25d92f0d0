//! `mask-generation`: everything in an image that could be an object.

mod crops;
mod filter;
mod options;
mod prompt;
mod promptable;

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use self::filter::{edges, keep, without_duplicates};
pub use self::options::MaskGenerationOptions;
pub use self::prompt::{MaskPrompt, PromptOptions, PromptPoint};
pub use self::promptable::EmbeddedImage;
use self::promptable::Promptable;
use super::error::TaskError;
use super::image_source::parse_image;
use super::mask::Mask;
use super::object_detection::Bounds;
use super::pipeline::{JsonPipeline, Pipeline};
use super::settings::Adjustable;
use crate::load::Model;
use crate::processors::image::Image;

/// Finds masks of everything in an image, whatever it is, by asking a model about the points of a grid (Segment Anything,
/// arXiv:2304.02643); transformers' `MaskGenerationPipeline`.
pub struct MaskGenerator {
    model: Promptable,
}

/// Pixels that could be an object.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratedMask {
    /// How good the model thinks that the mask is: the intersection over union that it expects with the object.
    pub score: f32,
    /// Which pixels are part of it.
    pub mask: Mask,
    /// The columns and rows that it is in, the last ones included.
    pub bounds: Bounds,
}

impl Pipeline for MaskGenerator {
    const NAME: &'static str = "mask-generation";
    type Input = Image;
    type Options = MaskGenerationOptions;
    type Settings = ();
    type Output = Vec<GeneratedMask>;

    fn load(model: &Model) -> Result<Self, TaskError> {
        Ok(Self { model: Promptable::load(Self::NAME, model)? })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<()> {
        self
    }

    fn run_batch(
        &self,
        inputs: &[Image],
        options: &MaskGenerationOptions,
    ) -> Result<Vec<Vec<GeneratedMask>>, TaskError> {
        inputs.iter().map(|image| self.masks(image, options)).collect()
    }
}

impl Adjustable<()> for MaskGenerator {
    fn apply(&mut self, (): &()) {}

    /// Nothing: images run one by one, and [`MaskGenerationOptions::points_per_batch`] says how many points of one run
    /// together.
    fn set_batch_size(&mut self, _: usize) {}
}

impl MaskGenerator {
    /// Prepares an image to be asked about, which is most of the work.
    ///
    /// # Errors
    /// If the image cannot be processed, or the engine fails.
    pub fn embed(&self, image: &Image) -> Result<EmbeddedImage, TaskError> {
        self.model.embed(image)
    }

    /// The masks of what each of `prompts` means, in their order; as transformers' `SamProcessor` prepares prompts and makes
    /// masks of the model's.
    ///
    /// # Errors
    /// If a prompt has neither points nor a box, or the engine fails.
    pub fn segment(
        &self,
        image: &EmbeddedImage,
        prompts: &[MaskPrompt],
        options: &PromptOptions,
    ) -> Result<Vec<Vec<GeneratedMask>>, TaskError> {
        if let Some(index) = prompts.iter().position(|prompt| prompt.kind() == (0, false)) {
            let problem = "expected points or a box, found neither".to_owned();
            return Err(TaskError::Input { task: Self::NAME, index, problem });
        }
        let mut order: Vec<usize> = (0..prompts.len()).collect();
        order.sort_by_key(|&index| prompts[index].kind());
        let mut results = vec![vec![]; prompts.len()];
        // Prompts of one kind run together: what pads one to another would show.
        for group in order.chunk_by(|&a, &b| prompts[a].kind() == prompts[b].kind()) {
            let same: Vec<MaskPrompt> = group.iter().map(|&index| prompts[index].clone()).collect();
            let found = self.model.decode(image, &same, options.multimask, |masks| {
                let mask = |index: usize| {
                    let logits = self.model.logits(&masks, index, image);
                    let threshold = options.mask_threshold as f32;
                    let pixels: Vec<bool> = logits.iter().map(|&logit| logit > threshold).collect();
                    let (score, width) = (masks.scores[index], image.size().1);
                    let [xmin, ymin, xmax, ymax] = edges(&pixels, width).map(|edge| edge as i32);
                    let bounds = Bounds { xmin, ymin, xmax, ymax };
                    GeneratedMask { score, mask: Mask::new(width, pixels), bounds }
                };
                (0..masks.scores.len()).map(mask).collect::<Vec<_>>()
            })?;
            for (&index, masks) in group.iter().zip(found) {
                results[index] = masks;
            }
        }
        Ok(results)
    }

    fn masks(&self, image: &Image, options: &MaskGenerationOptions) -> Result<Vec<GeneratedMask>, TaskError> {
        let size = image.size();
        let mut found = vec![];
        for crop in crops::crops(size, options) {
            let seen = self.model.embed(&crop.of(image)?)?;
            let points = crops::grid(options.points_per_crop, crop.size());
            for points in points.chunks(options.points_per_batch.max(1)) {
                let of_points = self.model.decode(&seen, points, true, |masks| {
                    let good = (0..masks.scores.len()).into_par_iter().filter(|&index| {
                        options.pred_iou_thresh <= 0.0 || masks.scores[index] > options.pred_iou_thresh
                    });
                    let kept = good.filter_map(|index| {
                        let logits = self.model.logits(&masks, index, &seen);
                        keep(&logits, masks.scores[index], &crop, size, options)
                    });
                    kept.collect::<Vec<_>>()
                })?;
                found.extend(of_points.into_iter().flatten());
            }
        }
        Ok(without_duplicates(found, options.crops_nms_thresh))
    }
}

impl JsonPipeline for MaskGenerator {
    fn parse_input(value: &Value) -> Result<Image, String> {
        parse_image(value)
    }

    fn output_json(output: Vec<GeneratedMask>) -> Value {
        json!({
            "masks": output.iter().map(|found| &found.mask).collect::<Vec<_>>(),
            "scores": output.iter().map(|found| found.score).collect::<Vec<_>>(),
        })
    }

    fn answer_json(_: &Value, options: &MaskGenerationOptions, output: Vec<GeneratedMask>) -> Value {
        let mut more = Map::new();
        if options.output_rle_mask {
            let encoded = |mask: &Mask| json!({ "size": mask.size(), "counts": mask.counts_by_column() });
            more.insert("rle_mask".to_owned(), output.iter().map(|found| encoded(&found.mask)).collect());
        }
        if options.output_bboxes_mask {
            let edges = |Bounds { xmin, ymin, xmax, ymax }: Bounds| json!([xmin, ymin, xmax, ymax]);
            more.insert(
                "bounding_boxes".to_owned(),
                output.iter().map(|found| edges(found.bounds)).collect(),
            );
        }
        let mut answer = Self::output_json(output);
        if let Some(fields) = answer.as_object_mut() {
            fields.extend(more);
        }
        answer
    }
}
