//! Drawing from the most likely tokens.

use super::{History, LogitsProcessor};

/// Keeps the `k` most likely tokens, and those that tie with the last of them.
///
/// `TopKLogitsWarper`; [Hierarchical Neural Story Generation](https://arxiv.org/abs/1805.04833).
#[derive(Clone, Debug)]
pub struct TopK {
    /// How many to keep, at least 1.
    pub k: usize,
}

impl LogitsProcessor for TopK {
    fn process(&self, _: History<'_>, scores: &mut [f32]) {
        if self.k >= scores.len() {
            return;
        }
        let mut ranked = scores.to_vec();
        let (_, &mut least, _) = ranked.select_nth_unstable_by(self.k - 1, |a, b| b.total_cmp(a));
        for score in scores {
            if *score < least {
                *score = f32::NEG_INFINITY;
            }
        }
    }
}
