//! Ends that become likelier the longer a row is.

use super::{History, LogitsProcessor};

/// Raises the scores of the tokens that end a row, exponentially in the number of tokens beyond `start`.
///
/// `ExponentialDecayLengthPenalty`.
#[derive(Clone, Debug)]
pub struct ExponentialDecay {
    /// How many tokens are generated without a change.
    pub start: usize,
    /// The base of the growth, above 1.
    pub factor: f64,
    /// The tokens that end a row.
    pub eos: Vec<i64>,
}

impl LogitsProcessor for ExponentialDecay {
    fn process(&self, history: History<'_>, scores: &mut [f32]) {
        let Some(beyond) = history.generated.checked_sub(self.start).filter(|&beyond| beyond > 0) else {
            return;
        };
        let growth = (self.factor.powf(beyond as f64) - 1.0) as f32;
        for id in self.eos.iter().filter_map(|&token| usize::try_from(token).ok()) {
            if let Some(score) = scores.get_mut(id).filter(|score| score.is_finite()) {
                *score += score.abs() * growth;
            }
        }
    }
}
