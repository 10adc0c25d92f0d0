//! Sequences of tokens that are made more or less likely.

use super::{History, LogitsProcessor};

/// Adds to the score of a token that would complete a sequence; negative infinity forbids the sequence.
///
/// `SequenceBiasLogitsProcessor` and `NoBadWordsLogitsProcessor`.
#[derive(Clone, Debug)]
pub struct SequenceBias {
    /// Sequences of one token or more, and what is added.
    pub biases: Vec<(Vec<i64>, f32)>,
}

impl LogitsProcessor for SequenceBias {
    fn process(&self, history: History<'_>, scores: &mut [f32]) {
        // Biases are added up before the score is touched, as transformers does, so that sums round alike.
        let mut added = vec![0.0f32; scores.len()];
        for (sequence, bias) in &self.biases {
            let Some((&last, before)) = sequence.split_last() else { continue };
            if history.tokens.ends_with(before)
                && let Some(sum) = usize::try_from(last).ok().and_then(|id| added.get_mut(id))
            {
                *sum += bias;
            }
        }
        scores.iter_mut().zip(added).for_each(|(score, bias)| *score += bias);
    }
}
