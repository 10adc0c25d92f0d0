//! Drawing from tokens near the best.

use super::{History, LogitsProcessor};
use crate::scores::{softmax, top_k};

/// Excludes tokens that are less likely than a fraction of the most likely one.
///
/// `MinPLogitsWarper`; [Min-p Sampling](https://arxiv.org/abs/2407.01082).
#[derive(Clone, Debug)]
pub struct MinP {
    /// The fraction, 0 to 1.
    pub p: f32,
    /// How many of the most likely tokens stay in any case.
    pub keep: usize,
}

impl LogitsProcessor for MinP {
    fn process(&self, _: History<'_>, scores: &mut [f32]) {
        let kept = top_k(scores, self.keep.max(1));
        let Some(&best) = kept.first() else { return };
        let mut probabilities = scores.to_vec();
        softmax(&mut probabilities);
        let threshold = self.p * probabilities[best];
        for (id, (score, probability)) in scores.iter_mut().zip(probabilities).enumerate() {
            if probability < threshold && !kept.contains(&id) {
                *score = f32::NEG_INFINITY;
            }
        }
    }
}
