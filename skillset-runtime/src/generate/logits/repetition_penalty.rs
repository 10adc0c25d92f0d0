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

/// Makes tokens that the encoder read more likely: the penalty's reciprocal is theirs.
///
/// `EncoderRepetitionPenaltyLogitsProcessor`.
#[derive(Clone, Debug)]
pub struct EncoderRepetitionPenalty {
    /// The factor, above 0; 1 changes nothing, more makes them likelier.
    pub penalty: f64,
}

impl LogitsProcessor for RepetitionPenalty {
    fn process(&self, history: History<'_>, scores: &mut [f32]) {
        penalise(self.penalty, history.tokens, scores);
    }
}

impl LogitsProcessor for EncoderRepetitionPenalty {
    fn process(&self, history: History<'_>, scores: &mut [f32]) {
        penalise((1.0 / self.penalty) as f32, history.source, scores);
    }
}

fn penalise(penalty: f32, tokens: &[i64], scores: &mut [f32]) {
    let mut seen = vec![false; scores.len()];
    for id in tokens.iter().filter_map(|&token| usize::try_from(token).ok()) {
        // A token counts once; embeddings may have more rows than there are scores.
        if seen.get(id) == Some(&false) {
            seen[id] = true;
            let score = &mut scores[id];
            *score = if *score < 0.0 { *score * penalty } else { *score / penalty };
        }
    }
}
