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

/// Excludes tokens that would complete an n-gram which the encoder read.
///
/// `EncoderNoRepeatNGramLogitsProcessor`.
#[derive(Clone, Debug)]
pub struct EncoderNoRepeatNGram {
    /// The n, at least 1.
    pub size: usize,
}

impl LogitsProcessor for NoRepeatNGram {
    fn process(&self, history: History<'_>, scores: &mut [f32]) {
        exclude_completions(self.size, history.tokens, history.tokens, scores);
    }
}

impl LogitsProcessor for EncoderNoRepeatNGram {
    fn process(&self, history: History<'_>, scores: &mut [f32]) {
        exclude_completions(self.size, history.source, history.tokens, scores);
    }
}

/// Excludes what would make the last `size` tokens a sequence that `known` has.
fn exclude_completions(size: usize, known: &[i64], tokens: &[i64], scores: &mut [f32]) {
    let Some(start) = (tokens.len() + 1).checked_sub(size) else { return };
    let prefix = &tokens[start..];
    for window in known.windows(size) {
        if let Some((&last, before)) = window.split_last()
            && before == prefix
        {
            exclude(last, scores);
        }
    }
}
