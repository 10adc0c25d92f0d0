//! Drawing from tokens above a probability.

use super::{History, LogitsProcessor};
use crate::scores::{entropy, softmax, top_k};

/// Excludes tokens below a probability, but for the most likely ones.
///
/// `EpsilonLogitsWarper` and `EtaLogitsWarper`;
/// [Truncation Sampling as Language Model Desmoothing](https://arxiv.org/abs/2210.15191).
#[derive(Clone, Debug)]
pub struct Cutoff {
    /// The probability, above 0 and below 1.
    pub epsilon: f32,
    /// Whether it is lower where the entropy is high: `min(ε, √ε · exp(−entropy))`.
    pub by_entropy: bool,
    /// How many of the most likely tokens stay in any case.
    pub keep: usize,
}

impl LogitsProcessor for Cutoff {
    fn process(&self, _: History<'_>, scores: &mut [f32]) {
        let Some(least) = top_k(scores, self.keep).last().map(|&id| scores[id]) else { return };
        let mut probabilities = scores.to_vec();
        softmax(&mut probabilities);
        let threshold = match self.by_entropy {
            true => self.epsilon.min(self.epsilon.sqrt() * (-entropy(&probabilities)).exp()),
            false => self.epsilon,
        };
        for (score, probability) in scores.iter_mut().zip(probabilities) {
            if probability < threshold && *score < least {
                *score = f32::NEG_INFINITY;
            }
        }
    }
}
