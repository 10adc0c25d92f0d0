//! `WhisperFeatureExtractor`: the log-mel spectrogram of so many seconds.

use super::FeatureBatch;
use super::mel::{MelBank, MelScale};
use super::pad::Padding;
use super::settings::{padding, size};
use super::spectrogram::{Frames, Log, Spectrogram};
use super::window::Window;
use crate::checkpoint::{ConfigError, Reader};
use crate::processors::audio::decode::MOST_SAMPLES;

/// The class's settings.
#[derive(Debug, Clone)]
pub(super) struct Whisper {
    spectrogram: Spectrogram,
    /// Recordings are cut or padded to so many samples.
    samples: usize,
    padding: Padding,
}

impl Whisper {
    pub fn read(r: &Reader<'_>, rate: usize) -> Result<Self, ConfigError> {
        let fft = size(r, "n_fft", 400)?;
        r.require(fft >= 2, "n_fft", "at least 2")?;
        let noise = r.f64("dither", 0.0)?;
        r.require(noise == 0.0, "dither", "0, since noise makes features differ from call to call")?;
        let seconds = r.positive("chunk_length", 30)?;
        let samples = seconds.saturating_mul(rate);
        let is_sane = samples <= MOST_SAMPLES && samples > fft;
        r.require(is_sane, "chunk_length", format_args!("from {fft} to {MOST_SAMPLES} samples"))?;
        let bank = MelBank {
            bins: 1 + fft / 2,
            filters: size(r, "feature_size", 80)?,
            range: (0.0, 8000.0),
            rate,
            scale: MelScale::Slaney,
            is_normalized: true,
            in_mel_space: false,
        };
        let spectrogram = Spectrogram {
            window: Window::Hann.values(fft, true),
            hop: size(r, "hop_length", 160)?,
            fft,
            is_centered: true,
            removes_offset: false,
            preemphasis: None,
            filters: bank.filters(),
            floor: 1e-10,
            log: Log::Base10,
        };
        Ok(Self { spectrogram, samples, padding: padding(r)? })
    }

    /// To how many samples recordings are cut and padded.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// As `process` for a recording that is longer than a window, of any length.
    pub fn process_whole(&self, samples: &[f32]) -> Result<FeatureBatch, String> {
        let (count, width) = (samples.len() / self.spectrogram.hop, self.spectrogram.filters.len());
        let values = compress(&self.spectrogram.compute(samples)?, count).collect();
        Ok(FeatureBatch { values, shape: vec![1, width, count], mask: None })
    }

    pub fn process(&self, recordings: &[&[f32]]) -> Result<FeatureBatch, String> {
        let (hop, width) = (self.spectrogram.hop, self.spectrogram.filters.len());
        let count = self.samples / hop;
        let (mut values, mut mask) = (vec![], vec![]);
        for samples in recordings {
            let samples = &samples[..samples.len().min(self.samples)];
            let frames = self.spectrogram.compute(&self.padding.fill(samples, self.samples))?;
            values.extend(compress(&frames, count));
            mask.extend(self.padding.mask(samples.len(), self.samples).into_iter().step_by(hop).take(count));
        }
        Ok(FeatureBatch { values, shape: vec![recordings.len(), width, count], mask: Some(mask) })
    }
}

/// The first `count` frames, filters before frames, their range limited to 8 powers of ten and scaled.
fn compress(frames: &Frames, count: usize) -> impl Iterator<Item = f32> {
    let kept = &frames.values[..count * frames.width];
    let least = kept.iter().copied().fold(f32::NEG_INFINITY, f32::max) - 8.0;
    let place = move |filter: usize| (0..count).map(move |frame| frame * frames.width + filter);
    (0..frames.width).flat_map(place).map(move |at| (kept[at].max(least) + 4.0) / 4.0)
}
