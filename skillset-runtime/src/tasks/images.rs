//! Images in, outputs of a vision model out.

use super::batch::{RowOutputs, Runner};
use super::error::TaskError;
use super::settings::Adjustable;
use crate::engine::Tensors;
use crate::ir::Request;
use crate::load::Model;
use crate::processors::image::{Image, ImageProcessor, Pad, PixelBatch, SizeGroup};
use crate::tensor::Tensor;

/// A vision model with its image processor.
#[derive(Clone)]
pub(super) struct ImageModel {
    runner: Runner,
    processor: ImageProcessor,
}

/// The inputs that images become: the pixels, and which of them are no padding.
const IMAGE_INPUTS: [&str; 2] = ["pixel_values", "pixel_mask"];

impl ImageModel {
    /// Loads the model for `task`; only `outputs` are computed, or all if that is empty.
    pub(super) fn load(task: &'static str, model: &Model, outputs: &[&str]) -> Result<Self, TaskError> {
        Self::load_with(task, model, &[], outputs)
    }

    /// As [`load`](Self::load), for a graph that has further inputs, which [`run_with`](Self::run_with) is given.
    pub(super) fn load_with(
        task: &'static str,
        model: &Model,
        further: &[&str],
        outputs: &[&str],
    ) -> Result<Self, TaskError> {
        let processor = ImageProcessor::from_dir(model.checkpoint().dir())?;
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let mut inputs = owned(further);
        // Images run with others of their size, so that only a fixed size pads them.
        if matches!(processor.settings().pad, Some(Pad::To(..))) {
            inputs.push("pixel_mask".to_owned());
        }
        let program =
            model.program(task, &Request { inputs, outputs: owned(outputs), ..Request::default() })?;
        Ok(Self { runner: Runner::new(task, program, &[&IMAGE_INPUTS, further].concat())?, processor })
    }

    /// Whether the graph has an input of this name.
    pub(super) fn takes(&self, input: &str) -> bool {
        self.runner.takes(input)
    }

    /// The image processor.
    pub(super) fn processor(&self) -> &ImageProcessor {
        &self.processor
    }

    /// Processes and runs images, and hands each one's position and outputs to `finish`; results come in the order
    /// of `images`.
    pub(super) fn run<T>(
        &self,
        images: &[Image],
        finish: impl FnMut(usize, RowOutputs<'_>) -> Result<T, TaskError>,
    ) -> Result<Vec<T>, TaskError> {
        self.run_with(&Tensors::new(), images, finish)
    }

    /// As [`run`](Self::run), with further inputs that are the same for all images.
    pub(super) fn run_with<T>(
        &self,
        further: &Tensors,
        images: &[Image],
        mut finish: impl FnMut(usize, RowOutputs<'_>) -> Result<T, TaskError>,
    ) -> Result<Vec<T>, TaskError> {
        let size = self.runner.batch_size();
        let mut results: Vec<Option<T>> = images.iter().map(|_| None).collect();
        for (chunk, images) in images.chunks(size).enumerate() {
            for SizeGroup { positions, batch } in self.processor.process_by_size(images)? {
                let mut inputs = further.clone();
                if self.takes("pixel_mask") {
                    inputs.insert("pixel_mask".to_owned(), pixel_mask(&batch));
                }
                let values = Tensor::new(batch.shape, batch.values);
                let values = values.expect("a pixel batch is as large as its shape");
                inputs.insert("pixel_values".to_owned(), values);
                let positions = positions.into_iter().map(|position| chunk * size + position);
                self.runner.run_batch(&inputs, positions, |index, outputs| {
                    results[index] = Some(finish(index, outputs)?);
                    Ok(())
                })?;
            }
        }
        Ok(results.into_iter().flatten().collect())
    }
}

impl Adjustable<()> for ImageModel {
    fn apply(&mut self, (): &()) {}

    fn set_batch_size(&mut self, size: usize) {
        self.runner.set_batch_size(size);
    }
}

/// 1 for pixels of images, 0 for padding, `[batch, height, width]`.
fn pixel_mask(batch: &PixelBatch) -> Tensor {
    let [images, _, height, width] = batch.shape;
    let mut mask = vec![0_i64; images * height * width];
    for (mask, &(rows, columns)) in mask.chunks_exact_mut(height * width).zip(&batch.unpadded_sizes) {
        mask.chunks_exact_mut(width).take(rows).for_each(|row| row[..columns].fill(1));
    }
    Tensor::new([images, height, width], mask).expect("the mask is as large as its shape")
}
