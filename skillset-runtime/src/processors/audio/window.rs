//! Window functions: `window_function` of transformers' `audio_utils`.

use std::f64::consts::PI;
use std::str::FromStr;

/// The shape of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// All ones.
    Boxcar,
    /// A raised cosine that does not quite end at 0.
    Hamming,
    /// A raised cosine.
    Hann,
    /// Kaldi's: a Hann window to the power of 0.85.
    Povey,
}

impl FromStr for Window {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "boxcar" => Ok(Self::Boxcar),
            "hamming" | "hamming_window" => Ok(Self::Hamming),
            "hann" | "hann_window" => Ok(Self::Hann),
            "povey" => Ok(Self::Povey),
            _ => Err(format!("expected boxcar, hamming, hann or povey, found {name:?}")),
        }
    }
}

impl Window {
    /// The window's values. A periodic one is the first `length` values of the symmetric one that has one more.
    pub fn values(self, length: usize, is_periodic: bool) -> Vec<f64> {
        let full = if is_periodic { length + 1 } else { length };
        let raised_cosine = |base: f64, i: usize| {
            // numpy counts from the middle, in steps of two.
            let n = (2 * i) as f64 - (full as f64 - 1.0);
            base + (1.0 - base) * (PI * n / (full as f64 - 1.0)).cos()
        };
        let value = |i: usize| match self {
            _ if full == 1 => 1.0,
            Self::Boxcar => 1.0,
            Self::Hamming => raised_cosine(0.54, i),
            Self::Hann => raised_cosine(0.5, i),
            Self::Povey => raised_cosine(0.5, i).powf(0.85),
        };
        (0..length).map(value).collect()
    }
}
