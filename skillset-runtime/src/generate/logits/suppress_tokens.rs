//! Tokens that must not come.

use super::{History, LogitsProcessor, exclude};

/// Excludes tokens, always or for one position only.
///
/// `SuppressTokensLogitsProcessor` and `SuppressTokensAtBeginLogitsProcessor`, as Whisper uses them.
#[derive(Clone, Debug)]
pub struct SuppressTokens {
    /// The tokens.
    pub tokens: Vec<i64>,
    /// How many tokens were generated when they are excluded; `None`: always.
    pub at: Option<usize>,
}

impl LogitsProcessor for SuppressTokens {
    fn process(&self, history: History<'_>, scores: &mut [f32]) {
        if self.at.is_none_or(|at| at == history.generated) {
            for &token in &self.tokens {
                exclude(token, scores);
            }
        }
    }
}
