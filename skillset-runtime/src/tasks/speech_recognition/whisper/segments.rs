//! The text of one window, and where the next one begins: `_retrieve_segment` of transformers'
//! `WhisperForConditionalGeneration`.

use super::settings::STRIDE;

/// What a window's tokens say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// The tokens of each segment.
    pub segments: Vec<Vec<i64>>,
    /// How many frames of features it takes.
    pub frames: usize,
}

impl Window {
    /// Splits the tokens of a window of `frames` where a timestamp ends a segment and another begins the next. What
    /// comes behind the last such pair is heard again; timestamps are the tokens from `first_timestamp` on.
    pub(super) fn new(tokens: &[i64], first_timestamp: i64, frames: usize) -> Self {
        let is_timestamp: Vec<bool> = tokens.iter().map(|&token| token >= first_timestamp).collect();
        let mut ends: Vec<usize> =
            (1..tokens.len()).filter(|&at| is_timestamp[at - 1] && is_timestamp[at]).collect();
        let Some(last) = ends.last_mut() else {
            return Self { segments: vec![tokens.to_vec()], frames };
        };
        // A timestamp behind the last text says that nothing more is said in the window.
        let is_over = is_timestamp.ends_with(&[false, true]);
        if !is_over {
            *last += 1;
        }
        ends.extend(is_over.then_some(tokens.len()));
        let (mut start, mut segments) = (0, vec![]);
        for end in ends {
            segments.push(tokens[start..end].to_vec());
            start = end;
        }
        let position = tokens[start.saturating_sub(2)] - first_timestamp;
        let frames = if is_over { frames } else { position.max(0) as usize * STRIDE };
        Self { segments, frames }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Timestamps are the tokens from 100 on.
    fn window(tokens: &[i64]) -> Window {
        Window::new(tokens, 100, 3000)
    }

    #[test]
    fn a_text_without_pairs_of_timestamps_is_one_segment() {
        for tokens in [&[100, 1, 2, 107][..], &[1, 2], &[]] {
            assert_eq!(window(tokens), Window { segments: vec![tokens.to_vec()], frames: 3000 });
        }
    }

    #[test]
    fn what_is_cut_off_is_heard_again() {
        let found = window(&[100, 1, 110, 110, 2, 120, 120, 3]);
        assert_eq!(found.segments, [vec![100, 1, 110], vec![110, 2, 120, 120]]);
        assert_eq!(found.frames, 40);
    }

    #[test]
    fn a_single_timestamp_at_the_end_takes_the_whole_window() {
        let found = window(&[100, 1, 110, 110, 2, 120]);
        assert_eq!(found.segments, [vec![100, 1, 110], vec![110, 2, 120]]);
        assert_eq!(found.frames, 3000);
    }
}
