//! Keeping a row from ending early.

use super::{History, LogitsProcessor, exclude};

/// Excludes the tokens that would end a row before it has a number of new tokens.
///
/// `MinNewTokensLengthLogitsProcessor`, and `MinLengthLogitsProcessor` with the prompt's length taken off.
#[derive(Clone, Debug)]
pub struct MinNewTokens {
    /// The number of tokens to generate at least.
    pub min: usize,
    /// The tokens that end a row.
    pub eos: Vec<i64>,
}

impl LogitsProcessor for MinNewTokens {
    fn process(&self, history: History<'_>, scores: &mut [f32]) {
        if history.generated < self.min {
            for &token in &self.eos {
                exclude(token, scores);
            }
        }
    }
}
