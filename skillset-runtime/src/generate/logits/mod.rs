//! What changes a row's scores before the next token is chosen.
//!
//! One processor a file, each the counterpart of the class of the same name in transformers'
//! `generation/logits_process.py`. They see one row at a time, without its padding, so what a row becomes
//! does not depend on the batch it is in.

mod min_new_tokens;
mod min_p;
mod no_repeat_ngram;
mod repetition_penalty;
mod temperature;
#[cfg(test)]
mod tests;
mod top_k;
mod top_p;

pub use min_new_tokens::MinNewTokens;
pub use min_p::MinP;
pub use no_repeat_ngram::NoRepeatNGram;
pub use repetition_penalty::RepetitionPenalty;
pub use temperature::Temperature;
pub use top_k::TopK;
pub use top_p::TopP;

use super::GenerationConfig;

/// The tokens of a row so far.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// The prompt and what was generated, without padding.
    pub tokens: &'a [i64],
    /// How many of them are generated.
    pub generated: usize,
}

/// A change to the scores of a row's next token.
pub trait LogitsProcessor: std::fmt::Debug + Send + Sync {
    /// Changes `scores`, one for each token of the vocabulary; a token at negative infinity is excluded.
    fn process(&self, history: History<'_>, scores: &mut [f32]);
}

/// The processors that a config asks for, in the order in which transformers applies them
/// (`GenerationMixin._get_logits_processor`).
///
/// `prompt` is the padded length of the prompts and `eos` the tokens that end a row.
pub(super) fn processors(
    config: &GenerationConfig,
    prompt: usize,
    eos: &[i64],
) -> Vec<Box<dyn LogitsProcessor>> {
    let mut list: Vec<Box<dyn LogitsProcessor>> = vec![];
    if let Some(penalty) = config.repetition_penalty.filter(|&penalty| penalty != 1.0) {
        list.push(Box::new(RepetitionPenalty { penalty: penalty as f32 }));
    }
    if let Some(size) = config.no_repeat_ngram_size.filter(|&size| size > 0) {
        list.push(Box::new(NoRepeatNGram { size }));
    }
    let from_length = || config.min_length.unwrap_or(0).saturating_sub(prompt);
    let min = config.min_new_tokens.unwrap_or_else(from_length);
    if min > 0 && !eos.is_empty() {
        list.push(Box::new(MinNewTokens { min, eos: eos.to_vec() }));
    }
    if !config.do_sample() {
        return list;
    }
    if let Some(temperature) = config.temperature.filter(|&temperature| temperature != 1.0) {
        list.push(Box::new(Temperature { temperature: temperature as f32 }));
    }
    let k = config.top_k.unwrap_or(GenerationConfig::DEFAULT_TOP_K);
    if k != 0 {
        list.push(Box::new(TopK { k }));
    }
    if let Some(p) = config.top_p.filter(|&p| p < 1.0) {
        list.push(Box::new(TopP { p }));
    }
    if let Some(p) = config.min_p {
        list.push(Box::new(MinP { p: p as f32 }));
    }
    list
}

/// Excludes `token`, if the vocabulary has it.
fn exclude(token: i64, scores: &mut [f32]) {
    if let Some(score) = usize::try_from(token).ok().and_then(|id| scores.get_mut(id)) {
        *score = f32::NEG_INFINITY;
    }
}
