//! `SeamlessM4TFeatureExtractor`, which Wav2Vec2-BERT has too: Kaldi's filter bank features, normalized by filter,
//! several frames in one.

use super::FeatureBatch;
use super::normalize::normalize_sample;
use super::pad::Padding;
use super::settings::{kaldi, padding, size};
use super::spectrogram::{Frames, Spectrogram};
use super::window::Window;
use crate::checkpoint::{ConfigError, Reader};

/// 16-bit samples, as Kaldi has them.
const FULL_SCALE: f32 = 32_768.0;
/// The number of frames is padded to a multiple of this, whatever the stride.
const PADDED_TO: usize = 2;

/// The class's settings.
#[derive(Debug, Clone)]
pub(super) struct Seamless {
    spectrogram: Spectrogram,
    stride: usize,
    padding: Padding,
}

impl Seamless {
    pub fn read(r: &Reader<'_>, rate: usize) -> Result<Self, ConfigError> {
        let spectrogram = kaldi(r, Window::Povey, 80, rate)?;
        r.require(r.usize("feature_size", 80)? > 1, "feature_size", "more than 1")?;
        let stride = size(r, "stride", 2)?;
        r.require(stride > 1, "stride", "at least 2, since the mask is that of a group's second frame")?;
        Ok(Self { spectrogram, stride, padding: padding(r)? })
    }

    pub fn process(&self, recordings: &[&[f32]]) -> Result<FeatureBatch, String> {
        let width = self.spectrogram.filters.len();
        let frames = |(index, samples): (usize, &&[f32])| {
            let samples: Vec<f32> = samples.iter().map(|sample| sample * FULL_SCALE).collect();
            let named = |problem| format!("recording {index}: {problem}");
            let mut frames = self.spectrogram.compute(&samples).map_err(named)?;
            if frames.len() < 2 {
                return Err(named(
                    "expected at least two frames, found one; give a longer recording".to_owned(),
                ));
            }
            normalize(&mut frames);
            Ok(frames)
        };
        let rows = recordings.iter().enumerate().map(frames).collect::<Result<Vec<_>, _>>()?;
        let longest = rows.iter().map(Frames::len).max().unwrap_or(0).next_multiple_of(PADDED_TO);
        let groups = longest / self.stride;
        let kept = groups * self.stride;
        let (mut values, mut mask) = (vec![], vec![]);
        for frames in &rows {
            values.extend_from_slice(&self.padding.fill(&frames.values, longest * width)[..kept * width]);
            let frames = self.padding.mask(frames.len(), longest);
            mask.extend(frames[..kept].iter().skip(1).step_by(self.stride));
        }
        Ok(FeatureBatch { values, shape: vec![rows.len(), groups, self.stride * width], mask: Some(mask) })
    }
}

/// Zero mean and unit variance for each filter.
fn normalize(frames: &mut Frames) {
    for filter in 0..frames.width {
        let place = || (filter..frames.values.len()).step_by(frames.width);
        let mut column: Vec<f32> = place().map(|at| frames.values[at]).collect();
        normalize_sample(&mut column);
        place().zip(column).for_each(|(at, value)| frames.values[at] = value);
    }
}
