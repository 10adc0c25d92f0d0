//! Window functions: `window_function` of transformers' `audio_utils`.

use std::f64::consts::PI;

/// The shape of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// A raised cosine.
    Hann,
    /// Kaldi's: a Hann window to the power of 0.85.
    Povey,
}

impl Window {
    /// The window's values, of which there are at least two. A periodic one is the first `length` values of the symmetric one that has one more.
    pub fn values(self, length: usize, is_periodic: bool) -> Vec<f64> {
        let full = if is_periodic { length + 1 } else { length };
        let hann = |i: usize| {
            // numpy counts from the middle, in steps of two.
            let n = (2 * i) as f64 - (full as f64 - 1.0);
            0.5 + 0.5 * (PI * n / (full as f64 - 1.0)).cos()
        };
        let value = |i: usize| match self {
            Self::Hann => hann(i),
            Self::Povey => hann(i).powf(0.85),
        };
        (0..length).map(value).collect()
    }
}
