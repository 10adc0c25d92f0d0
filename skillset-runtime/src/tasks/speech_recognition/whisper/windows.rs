//! Features of recordings, window by window.

use crate::engine::Tensors;
use crate::processors::ProcessorError;
use crate::processors::audio::{FeatureBatch, FeatureExtractor};
use crate::tensor::Tensor;

/// The features of a recording: filters before frames.
pub(super) struct Features {
    values: Vec<f32>,
    filters: usize,
    /// How many frames there are.
    pub frames: usize,
}

impl Features {
    /// The features of samples: of one window, or of all where there are more.
    ///
    /// # Errors
    /// As the feature extractor.
    pub(super) fn new(
        extractor: &FeatureExtractor,
        samples: &[f32],
        is_long: bool,
    ) -> Result<Self, ProcessorError> {
        let FeatureBatch { values, shape, .. } = match is_long {
            true => extractor.process_whole(samples)?,
            false => extractor.process_samples(&[samples])?,
        };
        Ok(Self { values, filters: shape[1], frames: shape[2] })
    }

    /// The `length` frames from `start` on, as far as there are any, filled up with zeros.
    fn window(&self, start: usize, length: usize) -> impl Iterator<Item = f32> {
        let kept = self.frames.saturating_sub(start).min(length);
        let row = move |filter: usize| {
            let values = &self.values[filter * self.frames..][start..start + kept];
            values.iter().copied().chain(std::iter::repeat_n(0.0, length - kept))
        };
        (0..self.filters).flat_map(row)
    }
}

/// The windows of `length` frames that begin at these frames, as an encoder takes them.
pub(super) fn inputs(windows: &[(&Features, usize)], length: usize, name: &str) -> Tensors {
    let filters = windows.first().map_or(0, |(features, _)| features.filters);
    let values: Vec<f32> =
        windows.iter().flat_map(|(features, start)| features.window(*start, length)).collect();
    let tensor = Tensor::new([windows.len(), filters, length], values);
    Tensors::from([(name.to_owned(), tensor.expect("every window has all filters and frames"))])
}
