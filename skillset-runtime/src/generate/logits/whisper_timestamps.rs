//! Timestamps among the tokens of speech.

use super::{History, LogitsProcessor, exclude};

/// Makes timestamps come in pairs, in order, and whenever they are likelier together than any text.
///
/// `WhisperTimeStampLogitsProcessor`; [Whisper, section 2.3](https://arxiv.org/abs/2212.04356).
#[derive(Clone, Debug)]
pub struct WhisperTimestamps {
    /// The token that says that there are no timestamps; those behind it are timestamps.
    pub no_timestamps: i64,
    /// The token that ends a text; those before it are text.
    pub end: i64,
    /// How many timestamps the first one may be behind that of the beginning; `None`: any number.
    pub max_initial: Option<usize>,
}

impl LogitsProcessor for WhisperTimestamps {
    fn process(&self, history: History<'_>, scores: &mut [f32]) {
        let length = scores.len();
        let begin = ((self.no_timestamps + 1).max(0) as usize).min(length);
        exclude(self.no_timestamps, scores);
        let new = &history.tokens[history.tokens.len() - history.generated..];
        let is_timestamp = |token: &&i64| **token > self.no_timestamps;
        let last = new.last().filter(is_timestamp);
        let before = new.len() < 2 || is_timestamp(&&new[new.len() - 2]);
        if last.is_some() {
            let excluded = match before {
                // A pair is complete, so text comes.
                true => begin..scores.len(),
                // A text has ended, so another begins at once, or nothing more comes.
                false => 0..(self.end.max(0) as usize).min(scores.len()),
            };
            scores[excluded].fill(f32::NEG_INFINITY);
        }
        if let Some(&latest) = new.iter().rev().find(is_timestamp) {
            // The second of a pair may be the same, any other is later.
            let least = if last.is_some() && !before { latest } else { latest + 1 };
            scores[begin..(least.max(0) as usize).clamp(begin, length)].fill(f32::NEG_INFINITY);
        }
        if new.is_empty() {
            scores[..begin].fill(f32::NEG_INFINITY);
            if let Some(most) = self.max_initial {
                let first_excluded = begin.saturating_add(most).saturating_add(1).min(scores.len());
                scores[first_excluded..].fill(f32::NEG_INFINITY);
            }
        }
        let (text, timestamps) = scores.split_at_mut(begin);
        let likeliest = text.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if log_sum_exp(timestamps) > likeliest {
            text.fill(f32::NEG_INFINITY);
        }
    }
}

fn log_sum_exp(values: &[f32]) -> f32 {
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if most == f32::NEG_INFINITY {
        return most;
    }
    most + values.iter().map(|value| (value - most).exp()).sum::<f32>().ln()
}
