//! Models that are asked about an image many times.

use std::sync::{Arc, OnceLock};

use super::MaskPrompt;
use crate::engine::{Program, Tensors};
use crate::ir::Request;
use crate::load::Model;
use crate::processors::image::{Image, ImageProcessor, Pad};
use crate::tasks::batch::{RowOutputs, Runner, check_inputs};
use crate::tasks::error::TaskError;
use crate::tasks::resize::bilinear;
use crate::tensor::Tensor;

/// What the encoder's result is called as an input of decoders.
const EMBEDDINGS: &str = "image_embeddings";

/// An encoder of images, and decoders of prompts about what that makes of one.
pub(super) struct Promptable {
    task: &'static str,
    model: Model,
    processor: ImageProcessor,
    /// `(height, width)` that images are padded to.
    padded: (usize, usize),
    encoder: Arc<dyn Program>,
    /// A decoder for each kind of prompts, made when it is asked for.
    decoders: [OnceLock<Runner>; 8],
}

/// An image as a [`MaskGenerator`](super::MaskGenerator) sees it, to be asked about many times.
#[derive(Clone, Debug)]
pub struct EmbeddedImage {
    embeddings: Tensor,
    /// `(height, width)` of the image, and of that in what the encoder saw.
    size: (usize, usize),
    seen: (usize, usize),
}

/// Masks for one prompt.
pub(super) struct Masks<'a> {
    /// How good the model thinks that each is.
    pub scores: &'a [f32],
    /// `[masks][rows · columns]`
    logits: &'a [f32],
    /// Rows and columns of a mask.
    size: (usize, usize),
}

impl EmbeddedImage {
    /// `(height, width)` of the image.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// A place in the image, across and down, as one in what the encoder saw.
    fn place(&self, [x, y]: [f64; 2]) -> [f32; 2] {
        let ((height, width), (rows, columns)) = (self.size, self.seen);
        [x * (columns as f64 / width as f64), y * (rows as f64 / height as f64)].map(|place| place as f32)
    }
}

impl Promptable {
    /// Loads the encoder for `task`.
    pub(super) fn load(task: &'static str, model: &Model) -> Result<Self, TaskError> {
        let processor = ImageProcessor::from_dir(model.checkpoint().dir())?;
        let Some(Pad::To(height, width)) = processor.settings().pad else {
            let problem = "expected an image processor that pads images to the size that the model takes (do_pad and \
                           pad_size in preprocessor_config.json), such as SamImageProcessor, found one that does not";
            return Err(TaskError::Model { task, problem: problem.to_owned() });
        };
        let request = Request { outputs: vec![EMBEDDINGS.to_owned()], ..Request::default() };
        let encoder = model.program(task, &request)?;
        check_inputs(task, encoder.signature(), &["pixel_values"])?;
        let (padded, decoders) = ((height, width), Default::default());
        Ok(Self { task, model: model.clone(), processor, padded, encoder, decoders })
    }

    /// Runs the encoder on an image.
    pub(super) fn embed(&self, image: &Image) -> Result<EmbeddedImage, TaskError> {
        let batch = self.processor.process(std::slice::from_ref(image))?;
        let (size, seen) = (batch.original_sizes[0], batch.unpadded_sizes[0]);
        let pixels = Tensor::new(batch.shape, batch.values).expect("a pixel batch is as large as its shape");
        let mut outputs = self.encoder.run(&Tensors::from([("pixel_values".to_owned(), pixels)]))?;
        let (_, embeddings) = outputs.pop_first().expect("the request names one output");
        Ok(EmbeddedImage { embeddings, size, seen })
    }

    /// The masks for each of some prompts of one kind, handed to `finish` in their order.
    pub(super) fn decode<T>(
        &self,
        image: &EmbeddedImage,
        prompts: &[MaskPrompt],
        multimask: bool,
        mut finish: impl FnMut(Masks<'_>) -> T,
    ) -> Result<Vec<T>, TaskError> {
        let Some((points, has_bounds)) = prompts.first().map(MaskPrompt::kind) else { return Ok(vec![]) };
        let inputs = inputs(image, prompts);
        let mut results = vec![];
        self.decoder([points > 0, has_bounds, multimask])?.run_batch(&inputs, [0], |_, outputs| {
            results = masks(&outputs, prompts.len())?.map(&mut finish).collect();
            Ok(())
        })?;
        Ok(results)
    }

    /// The decoder of prompts that have points or not, a box or not, and want several masks or one.
    fn decoder(&self, kind @ [has_points, has_bounds, multimask]: [bool; 3]) -> Result<&Runner, TaskError> {
        let cell = &self.decoders[kind.iter().fold(0, |index, &is| 2 * index + usize::from(is))];
        if let Some(decoder) = cell.get() {
            return Ok(decoder);
        }
        let mut inputs = vec![EMBEDDINGS];
        inputs.extend(["input_points", "input_labels"].iter().filter(|_| has_points));
        inputs.extend(["input_boxes"].iter().filter(|_| has_bounds));
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let request = Request {
            inputs: names(&inputs),
            unset: names(if multimask { &[] } else { &["multimask_output"] }),
            outputs: names(&["iou_scores", "pred_masks"]),
            ..Request::default()
        };
        let decoder = Runner::new(self.task, self.model.program(self.task, &request)?, &inputs)?;
        Ok(cell.get_or_init(|| decoder))
    }

    /// Logits of the pixels of the image for one of the masks (`post_process_masks`).
    pub(super) fn logits(&self, masks: &Masks<'_>, index: usize, image: &EmbeddedImage) -> Vec<f32> {
        let count = masks.size.0 * masks.size.1;
        let padded = bilinear(&masks.logits[index * count..][..count], masks.size, self.padded);
        let (height, width) = image.seen;
        let lines = padded.chunks_exact(self.padded.1).take(height);
        let seen: Vec<f32> = lines.flat_map(|line| &line[..width]).copied().collect();
        bilinear(&seen, image.seen, image.size)
    }
}

/// What a decoder takes for prompts of one kind.
fn inputs(image: &EmbeddedImage, prompts: &[MaskPrompt]) -> Tensors {
    let mut inputs = Tensors::from([(EMBEDDINGS.to_owned(), image.embeddings.clone())]);
    let (count, points) = (prompts.len(), prompts[0].points.len());
    if points > 0 {
        let all = || prompts.iter().flat_map(|prompt| &prompt.points);
        let places: Vec<f32> = all().flat_map(|point| image.place([point.x, point.y])).collect();
        let labels: Vec<i64> = all().map(|point| i64::from(point.inside)).collect();
        let places = Tensor::new([1, count, points, 2], places).expect("a place has two coordinates");
        let labels = Tensor::new([1, count, points], labels).expect("every point has a label");
        inputs.extend([("input_points".to_owned(), places), ("input_labels".to_owned(), labels)]);
    }
    let edges = prompts.iter().filter_map(|prompt| prompt.bounds);
    let corners = edges.flat_map(|[left, top, right, bottom]| [[left, top], [right, bottom]]);
    let corners: Vec<f32> = corners.flat_map(|corner| image.place(corner)).collect();
    if !corners.is_empty() {
        let boxes = Tensor::new([1, count, 4], corners).expect("prompts of one kind all have a box");
        inputs.insert("input_boxes".to_owned(), boxes);
    }
    inputs
}

/// The masks of each of `prompts`.
fn masks<'a>(
    outputs: &RowOutputs<'a>,
    prompts: usize,
) -> Result<impl Iterator<Item = Masks<'a>> + use<'a>, TaskError> {
    let (scores, logits) = (outputs.get("iou_scores", 2)?, outputs.get("pred_masks", 4)?);
    let &[of, count, rows, columns] = &logits.shape[..] else { unreachable!("the rank was checked") };
    if of != prompts || scores.shape != [prompts, count] || count * rows * columns == 0 {
        let (expected, found) = (format!("masks for {prompts} prompts"), format!("{:?}", logits.shape));
        return Err(outputs.wrong_shape("pred_masks", &expected, found));
    }
    let each = scores.values.chunks_exact(count).zip(logits.values.chunks_exact(count * rows * columns));
    Ok(each.map(move |(scores, logits)| Masks { scores, logits, size: (rows, columns) }))
}
