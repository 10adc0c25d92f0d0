//! Making tokens that occurred less likely.

use super::{History, LogitsProcessor};

/// Makes tokens that occurred less likely: divides their positive scores and multiplies their negative ones.
///
/// `RepetitionPenaltyLogitsProcessor`; [CTRL, section 4.1](https://arxiv.org/abs/1909.05858).
#[derive(Clone, Debug)]
pub struct RepetitionPenalty {
    /// The factor, above 0; 1 changes nothing, more penalises.
    pub penalty: f32,
}

impl LogitsProcessor for RepetitionPenalty {
    fn process(&self, history: History<'_>, scores: &mut [f32]) {
        let mut seen = vec![false; scores.len()];
        for id in history.tokens.iter().filter_map(|&token| usize::try_from(token).ok()) {
            // A token counts once; embeddings may have more rows than there are scores.
            if seen.get(id) == Some(&false) {
                seen[id] = true;
                let score = &mut scores[id];
                *score = if *score < 0.0 { *score * self.penalty } else { *score / self.penalty };
            }
        }
    }
}
