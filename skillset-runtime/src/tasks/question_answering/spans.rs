//! From start and end logits to spans of tokens: transformers' `select_starts_ends` and `decode_spans`.

use crate::scores::{softmax, top_k};

/// A possible answer, first and last token inclusive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    /// The product of the probabilities of its start and end.
    pub score: f32,
}

/// What a window of the context says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spans {
    /// The best answers, best first.
    pub best: Vec<Span>,
    /// The score of there being no answer: that of the span of the first token, which is no text.
    pub no_answer: f32,
}

/// The `count` best spans of at most `max_tokens` tokens among those `allowed` to be in an answer.
pub(super) fn best_spans(
    start: &[f32],
    end: &[f32],
    allowed: &[bool],
    count: usize,
    max_tokens: usize,
) -> Spans {
    let probabilities = |logits: &[f32]| {
        // The pipeline's stand-in for negative infinity: a probability of 0 beside any sane logit.
        let mask = |(&logit, &allowed): (&f32, &bool)| if allowed { logit } else { -10_000.0 };
        let mut masked: Vec<f32> = logits.iter().zip(allowed).map(mask).collect();
        softmax(&mut masked);
        masked
    };
    let (mut start, mut end) = (probabilities(start), probabilities(end));
    let (Some(first), Some(last)) = (start.first_mut(), end.first_mut()) else {
        return Spans { best: vec![], no_answer: 0.0 };
    };
    let no_answer = *first * *last;
    (*first, *last) = (0.0, 0.0);

    let mut spans = vec![];
    for (from, &p) in start.iter().enumerate().filter(|(from, p)| allowed[*from] && **p > 0.0) {
        for (length, &q) in end[from..].iter().take(max_tokens).enumerate() {
            let to = from + length;
            if allowed[to] && p * q > 0.0 {
                spans.push(Span { start: from, end: to, score: p * q });
            }
        }
    }
    let scores: Vec<f32> = spans.iter().map(|span| span.score).collect();
    Spans { best: top_k(&scores, count).into_iter().map(|index| spans[index]).collect(), no_answer }
}
