//! Drawing from the most likely tokens by their mass.

use super::{History, LogitsProcessor};
use crate::scores::softmax;

/// Keeps the smallest set of most likely tokens whose probabilities sum to `p` or more.
///
/// `TopPLogitsWarper`; [The Curious Case of Neural Text Degeneration](https://arxiv.org/abs/1904.09751).
#[derive(Clone, Debug)]
pub struct TopP {
    /// The probability mass, 0 to 1; at 0 only the `keep` most likely tokens stay.
    pub p: f64,
    /// How many stay in any case.
    pub keep: usize,
}

impl LogitsProcessor for TopP {
    fn process(&self, _: History<'_>, scores: &mut [f32]) {
        // Excluded tokens have probability 0 and stay excluded, so only the others are sorted.
        let mut order: Vec<usize> = (0..scores.len()).filter(|&id| scores[id] != f32::NEG_INFINITY).collect();
        order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        let others = &order[..order.len().saturating_sub(self.keep)];
        let mut probabilities: Vec<f32> = order.iter().map(|&id| scores[id]).collect();
        softmax(&mut probabilities);
        // Sums as torch does them on a CPU: kept in double precision, rounded to single for each entry.
        let threshold = (1.0 - self.p) as f32;
        let mut cumulative = 0.0;
        for (&id, &probability) in others.iter().zip(&probabilities) {
            cumulative += f64::from(probability);
            if cumulative as f32 > threshold {
                break;
            }
            scores[id] = f32::NEG_INFINITY;
        }
    }
}
