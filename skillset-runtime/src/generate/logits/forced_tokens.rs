//! Tokens that have to come.

use super::{History, LogitsProcessor};

/// Excludes all but some tokens at one position: a first token, or an end at the last position.
///
/// `ForcedBOSTokenLogitsProcessor` and `ForcedEOSTokenLogitsProcessor`.
#[derive(Clone, Debug)]
pub struct ForcedTokens {
    /// The tokens, which all get the score 0.
    pub tokens: Vec<i64>,
    /// How many tokens were generated when they are forced.
    pub at: usize,
}

impl LogitsProcessor for ForcedTokens {
    fn process(&self, history: History<'_>, scores: &mut [f32]) {
        if history.generated != self.at {
            return;
        }
        scores.fill(f32::NEG_INFINITY);
        for id in self.tokens.iter().filter_map(|&token| usize::try_from(token).ok()) {
            if let Some(score) = scores.get_mut(id) {
                *score = 0.0;
            }
        }
    }
}
