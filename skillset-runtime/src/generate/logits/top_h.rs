//! Drawing from the most likely tokens by their share of the entropy.

use super::{History, LogitsProcessor};
use crate::scores::{entropy, softmax, top_k};

/// Of so many tokens at most the entropy is looked at.
const CONSIDERED: usize = 100;

/// Keeps most likely tokens until their entropy exceeds the fraction `h` of that of the 100 most likely.
///
/// `TopHLogitsWarper`; [Top-H Decoding](https://arxiv.org/abs/2509.02510).
#[derive(Clone, Debug)]
pub struct TopH {
    /// The fraction, above 0 and up to 1.
    pub h: f32,
}

impl LogitsProcessor for TopH {
    fn process(&self, _: History<'_>, scores: &mut [f32]) {
        let considered = top_k(scores, CONSIDERED);
        let mut probabilities: Vec<f32> = considered.iter().map(|&id| scores[id]).collect();
        softmax(&mut probabilities);
        let limit = entropy(&probabilities) * self.h;
        let mut sum = 0.0f64;
        let within = |probability: &&f32| {
            sum += f64::from(-**probability * probability.ln());
            sum as f32 <= limit
        };
        let kept = probabilities.iter().take_while(within).count().max(1);
        let kept: Vec<(usize, f32)> = considered.into_iter().take(kept).map(|id| (id, scores[id])).collect();
        scores.fill(f32::NEG_INFINITY);
        for (id, score) in kept {
            scores[id] = score;
        }
    }
}
