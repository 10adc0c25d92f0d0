//! Flattening or sharpening the distribution.

use super::{History, LogitsProcessor};

/// Divides the scores: below 1 sharpens the distribution, above 1 flattens it.
///
/// `TemperatureLogitsWarper`.
#[derive(Clone, Debug)]
pub struct Temperature {
    /// The divisor, above 0.
    pub temperature: f32,
}

impl LogitsProcessor for Temperature {
    fn process(&self, _: History<'_>, scores: &mut [f32]) {
        for score in scores {
            *score /= self.temperature;
        }
    }
}
