//! Settings that feature extractor classes share.

use super::mel::{MelBank, MelScale};
use super::pad::Padding;
use super::spectrogram::{Log, Spectrogram};
use super::window::Window;
use crate::checkpoint::{ConfigError, Reader};
use crate::processors::text::Side;

/// Sizes beyond this (a Fourier transform, a bank of filters, frames) are taken for damage.
const MOST: usize = 1 << 16;

/// `padding_side` and `padding_value` of transformers' `SequenceFeatureExtractor`.
pub(super) fn padding(r: &Reader<'_>) -> Result<Padding, ConfigError> {
    let value = r.f64("padding_value", 0.0)? as f32;
    Ok(Padding { side: r.parsed("padding_side", Side::Right)?, value })
}

/// A size that memory is allocated for.
pub(super) fn size(r: &Reader<'_>, field: &str, default: usize) -> Result<usize, ConfigError> {
    let size = r.positive(field, default)?;
    r.require(size <= MOST, field, format_args!("at most {MOST}"))?;
    Ok(size)
}

/// Kaldi's filter bank features as transformers computes them where torchaudio is missing, with frames of 400 samples
/// and a hop of 160 at any rate. `num_mel_bins` is the number of filters.
pub(super) fn kaldi(
    r: &Reader<'_>,
    window: Window,
    filters: usize,
    rate: usize,
) -> Result<Spectrogram, ConfigError> {
    const LOWEST_HERTZ: f64 = 20.0;
    let highest = (rate / 2) as f64;
    r.require(highest > LOWEST_HERTZ, "sampling_rate", "more than 40 Hz")?;
    let fft = 512;
    let bank = MelBank {
        bins: fft / 2 + 1,
        filters: size(r, "num_mel_bins", filters)?,
        range: (LOWEST_HERTZ, highest),
        rate,
        scale: MelScale::Kaldi,
        is_normalized: false,
        in_mel_space: true,
    };
    Ok(Spectrogram {
        window: window.values(400, false),
        hop: 160,
        fft,
        is_centered: false,
        removes_offset: true,
        preemphasis: Some(0.97),
        filters: bank.filters(),
        // As transformers spells the smallest step from 1 in single precision.
        floor: 1.192_092_955_078_125e-7,
        log: Log::Natural,
    })
}
