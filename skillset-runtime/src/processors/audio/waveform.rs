//! Waveforms as they are: `Wav2Vec2FeatureExtractor`, and `SpeechT5FeatureExtractor` for what is heard.

use super::FeatureBatch;
use super::normalize::normalize;
use super::pad::Padding;
use super::settings::padding;
use crate::checkpoint::{ConfigError, Reader};

/// Pads waveforms, and perhaps normalizes them.
#[derive(Debug, Clone)]
pub(super) struct Waveform {
    normalizes: bool,
    has_mask: bool,
    padding: Padding,
}

/// What a class does unless its file says otherwise.
pub(super) struct Defaults {
    normalizes: bool,
    has_mask: bool,
}

impl Waveform {
    pub const SPEECH_T5: Defaults = Defaults { normalizes: false, has_mask: true };
    pub const WAV2VEC2: Defaults = Defaults { normalizes: true, has_mask: false };

    pub fn read(r: &Reader<'_>, defaults: Defaults) -> Result<Self, ConfigError> {
        r.require(
            r.usize("feature_size", 1)? == 1,
            "feature_size",
            "1, since a waveform has one value a sample",
        )?;
        Ok(Self {
            normalizes: r.bool("do_normalize", defaults.normalizes)?,
            has_mask: r.bool("return_attention_mask", defaults.has_mask)?,
            padding: padding(r)?,
        })
    }

    pub fn process(&self, recordings: &[&[f32]]) -> FeatureBatch {
        let longest = recordings.iter().map(|samples| samples.len()).max().unwrap_or(0);
        let row = |samples: &&[f32]| {
            let mut padded = self.padding.fill(samples, longest);
            if self.normalizes {
                // Without a mask, padding counts as part of the waveform. With one, transformers takes the first
                // samples for the waveform, whatever the side.
                let count = if self.has_mask { samples.len() } else { longest };
                normalize(&mut padded, count);
                padded[count..].fill(self.padding.value);
            }
            padded
        };
        let mask =
            || recordings.iter().flat_map(|samples| self.padding.mask(samples.len(), longest)).collect();
        FeatureBatch {
            values: recordings.iter().flat_map(row).collect(),
            shape: vec![recordings.len(), longest],
            mask: self.has_mask.then(mask),
        }
    }
}
