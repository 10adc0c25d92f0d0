//! No sequence of tokens twice.

use super::{History, LogitsProcessor, exclude};

/// Excludes tokens that would complete an n-gram which the prompt or the text so far already has.
///
/// `NoRepeatNGramLogitsProcessor`.
#[derive(Clone, Debug)]
pub struct NoRepeatNGram {
    /// The n, at least 1.
    pub size: usize,
}

impl LogitsProcessor for NoRepeatNGram {
    fn process(&self, history: History<'_>, scores: &mut [f32]) {
        let tokens = history.tokens;
        if tokens.len() < self.size {
            return;
        }
        let prefix = &tokens[tokens.len() + 1 - self.size..];
        for window in tokens.windows(self.size) {
            if let Some((&last, start)) = window.split_last()
                && start == prefix
            {
                exclude(last, scores);
            }
        }
    }
}
