//! Scores as log-probabilities.

use super::{History, LogitsProcessor};
use crate::scores::log_softmax;

/// Makes the scores log-probabilities.
///
/// `LogitNormalization`.
#[derive(Clone, Debug)]
pub struct LogNormalization;

impl LogitsProcessor for LogNormalization {
    fn process(&self, _: History<'_>, scores: &mut [f32]) {
        log_softmax(scores);
    }
}
