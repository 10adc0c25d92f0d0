//! From spans of tokens to answers.

use serde::Serialize;

use super::QuestionAnsweringOptions;
use super::spans::{Spans, best_spans};
use crate::processors::text::EncodedText;
use crate::tasks::text::CharText;

/// An answer to a question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Its probability; of an answer found more than once the sum.
    pub score: f32,
    /// Where it starts in the text, in characters (Unicode scalar values, not bytes).
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The part of the text; empty if the text has no answer.
    #[serde(rename = "answer")]
    pub text: String,
}

/// Finds the answers of one window.
pub(super) struct AnswerFinder<'a> {
    pub options: &'a QuestionAnsweringOptions,
    /// The token that some models use for "no answer".
    pub cls: Option<u32>,
}

impl AnswerFinder<'_> {
    /// The best spans of a window.
    pub(super) fn spans(&self, window: &EncodedText, start: &[f32], end: &[f32]) -> Spans {
        let is_context = |at: usize| window.sequence_ids[at] == Some(1);
        let is_cls = |at: usize| Some(window.ids[at]) == self.cls;
        let allowed: Vec<bool> = (0..window.ids.len()).map(|at| is_context(at) || is_cls(at)).collect();
        // Aligned to words, several spans may become one answer.
        let top_k = self.options.top_k;
        let count =
            if self.options.align_to_words { top_k.saturating_mul(2).saturating_add(10) } else { top_k };
        best_spans(start, end, &allowed, count, self.options.max_answer_len)
    }
}

/// The answers of all windows of one question.
pub(super) fn collect_answers(
    options: &QuestionAnsweringOptions,
    context: &CharText<'_>,
    windows: &[(&EncodedText, &Spans)],
) -> Vec<Answer> {
    let mut answers: Vec<Answer> = vec![];
    let mut no_answer = f32::INFINITY;
    for (window, spans) in windows {
        no_answer = no_answer.min(spans.no_answer);
        for span in &spans.best {
            let (start, end) = place(window, span.start, span.end, options.align_to_words);
            let text = context.slice(start, end);
            let same = |answer: &&mut Answer| answer.text.to_lowercase() == text.to_lowercase();
            match answers.iter_mut().find(same) {
                Some(answer) => answer.score += span.score,
                None => answers.push(Answer { score: span.score, start, end, text: text.to_owned() }),
            }
        }
    }
    if options.handle_impossible_answer && no_answer.is_finite() {
        answers.push(Answer { score: no_answer, start: 0, end: 0, text: String::new() });
    }
    answers.sort_by(|a, b| b.score.total_cmp(&a.score));
    answers.truncate(options.top_k);
    answers
}

/// Where a span of tokens is in the context, in characters.
fn place(window: &EncodedText, first: usize, last: usize, align_to_words: bool) -> (usize, usize) {
    let of_word = |token: usize| {
        let word = window.word_ids[token].filter(|_| align_to_words)?;
        let same = |at: &usize| window.sequence_ids[*at] == Some(1) && window.word_ids[*at] == Some(word);
        let mut tokens = (0..window.word_ids.len()).filter(same).map(|at| window.char_offsets[at]);
        let (start, end) = tokens.next()?;
        Some((start, tokens.next_back().map_or(end, |(_, end)| end)))
    };
    match (of_word(first), of_word(last)) {
        (Some((start, _)), Some((_, end))) => (start, end),
        _ => (window.char_offsets[first].0, window.char_offsets[last].1),
    }
}
