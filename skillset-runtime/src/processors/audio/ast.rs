//! `ASTFeatureExtractor`: Kaldi's filter bank features, cut or padded to one length.

use super::FeatureBatch;
use super::settings::{kaldi, size};
use super::spectrogram::Spectrogram;
use super::window::Window;
use crate::checkpoint::{ConfigError, Reader};

/// The class's settings.
#[derive(Debug, Clone)]
pub(super) struct Ast {
    spectrogram: Spectrogram,
    frames: usize,
    /// The mean that is subtracted, and the deviation of which twice divides.
    normalize: Option<(f32, f64)>,
}

impl Ast {
    pub fn read(r: &Reader<'_>, rate: usize) -> Result<Self, ConfigError> {
        let (mean, deviation) = (r.f64("mean", -4.2677393)?, r.f64("std", 4.5689974)?);
        r.require(deviation != 0.0, "std", "a number other than 0")?;
        Ok(Self {
            spectrogram: kaldi(r, Window::Hann, 128, rate)?,
            frames: size(r, "max_length", 1024)?,
            normalize: r.bool("do_normalize", true)?.then_some((mean as f32, deviation)),
        })
    }

    pub fn process(&self, recordings: &[&[f32]]) -> Result<FeatureBatch, String> {
        let width = self.spectrogram.filters.len();
        let mut values = Vec::with_capacity(recordings.len() * self.frames * width);
        for (index, samples) in recordings.iter().enumerate() {
            let mut frames =
                self.spectrogram.compute(samples).map_err(|e| format!("recording {index}: {e}"))?;
            frames.values.resize(self.frames * width, 0.0);
            values.append(&mut frames.values);
        }
        if let Some((mean, deviation)) = self.normalize {
            let divisor = (deviation * 2.0) as f32;
            values.iter_mut().for_each(|value| *value = (*value - mean) / divisor);
        }
        Ok(FeatureBatch { values, shape: vec![recordings.len(), self.frames, width], mask: None })
    }
}
