//! Images in, outputs of a vision model out.

use serde_json::Value;

use super::batch::{RowOutputs, Runner};
use super::error::TaskError;
use crate::engine::Tensors;
use crate::ir::Request;
use crate::load::Model;
use crate::processors::image::{Image, ImageProcessor};
use crate::tensor::Tensor;

/// A vision model with its image processor.
#[derive(Clone)]
pub(super) struct ImageModel {
    runner: Runner,
    processor: ImageProcessor,
}

impl ImageModel {
    /// Loads the model for `task`; only `outputs` are computed, or all if that is empty.
    pub(super) fn load(task: &'static str, model: &Model, outputs: &[&str]) -> Result<Self, TaskError> {
        let outputs = outputs.iter().map(|&output| output.to_owned()).collect();
        let program = model.program(task, &Request { outputs, ..Request::default() })?;
        let processor = ImageProcessor::from_dir(model.checkpoint().dir())?;
        Ok(Self { runner: Runner::new(task, program, &["pixel_values"])?, processor })
    }

    /// Sets how many images run together at most.
    pub(super) fn with_batch_size(mut self, size: usize) -> Self {
        self.runner = self.runner.with_batch_size(size);
        self
    }

    /// Processes and runs images, and hands each one's outputs to `finish`, in order.
    pub(super) fn run<T>(
        &self,
        images: &[Image],
        mut finish: impl FnMut(RowOutputs<'_>) -> Result<T, TaskError>,
    ) -> Result<Vec<T>, TaskError> {
        let mut results = Vec::with_capacity(images.len());
        for batch in images.chunks(self.runner.batch_size()) {
            let pixels = self.processor.process(batch)?;
            let values =
                Tensor::new(pixels.shape, pixels.values).expect("a pixel batch is as large as its shape");
            let inputs = Tensors::from([("pixel_values".to_owned(), values)]);
            results.extend(self.runner.run_batch(&inputs, batch.len(), results.len(), &mut finish)?);
        }
        Ok(results)
    }
}

/// Reads the image that a string, a path, names.
pub(super) fn parse_image(value: &Value) -> Result<Image, String> {
    let path = value.as_str().ok_or_else(|| format!("expected the path of an image, found {value}"))?;
    let bytes = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    Image::from_bytes_upright(&bytes).map_err(|error| format!("{path}: {error}"))
}
