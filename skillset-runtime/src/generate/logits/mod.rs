//! What changes a row's scores before the next token is chosen.
//!
//! One processor a file, each the counterpart of the class of the same name in transformers'
//! `generation/logits_process.py`. They see one row at a time, without its padding, so what a row becomes
//! does not depend on the batch it is in.

mod cutoff;
mod exponential_decay;
mod forced_tokens;
mod log_normalization;
mod min_new_tokens;
mod min_p;
mod no_repeat_ngram;
mod repetition_penalty;
mod sequence_bias;
mod suppress_tokens;
mod temperature;
#[cfg(test)]
mod tests;
mod top_h;
mod top_k;
mod top_p;
mod typical_p;
mod whisper_timestamps;

pub use cutoff::Cutoff;
pub use exponential_decay::ExponentialDecay;
pub use forced_tokens::ForcedTokens;
pub use log_normalization::LogNormalization;
pub use min_new_tokens::MinNewTokens;
pub use min_p::MinP;
pub use no_repeat_ngram::{EncoderNoRepeatNGram, NoRepeatNGram};
pub use repetition_penalty::{EncoderRepetitionPenalty, RepetitionPenalty};
pub use sequence_bias::SequenceBias;
pub use suppress_tokens::SuppressTokens;
pub use temperature::Temperature;
pub use top_h::TopH;
pub use top_k::TopK;
pub use top_p::TopP;
pub use typical_p::TypicalP;
pub use whisper_timestamps::WhisperTimestamps;

use super::GenerationConfig;

/// The tokens of a row so far.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// The prompt and what was generated, without padding.
    pub tokens: &'a [i64],
    /// How many of them are generated.
    pub generated: usize,
    /// What an encoder read, if it was text: its tokens without padding.
    pub source: &'a [i64],
}

/// A change to the scores of a row's next token.
pub trait LogitsProcessor: std::fmt::Debug + Send + Sync {
    /// Changes `scores`, one for each token of the vocabulary; a token at negative infinity is excluded.
    fn process(&self, history: History<'_>, scores: &mut [f32]);
}

/// The processors that a config asks for, in the order in which transformers applies them
/// (`GenerationMixin._get_logits_processor`).
///
/// `prompt` is the padded length of the prompts, `new` the most tokens that are generated, and `eos` the tokens
/// that end a row. `own` are those of a call itself.
pub(super) fn processors(
    config: &GenerationConfig,
    prompt: usize,
    new: usize,
    eos: &[i64],
    own: Vec<Box<dyn LogitsProcessor>>,
) -> Vec<Box<dyn LogitsProcessor>> {
    let mut list = changes(config, prompt, new, eos);
    list.extend(own);
    if config.do_sample() {
        // Of the tokens that a beam may go on with, one at least has to be no end.
        let keep = if config.num_beams() > 1 { eos.len().max(1) + 1 } else { 1 };
        list.extend(truncations(config, keep));
    }
    if config.renormalize_logits == Some(true) {
        list.push(Box::new(LogNormalization));
    }
    list
}

/// What holds for greedy decoding too.
fn changes(
    config: &GenerationConfig,
    prompt: usize,
    new: usize,
    eos: &[i64],
) -> Vec<Box<dyn LogitsProcessor>> {
    let mut list: Vec<Box<dyn LogitsProcessor>> = vec![];
    if let Some(biases) = &config.sequence_bias {
        let biases = biases.iter().map(|(sequence, bias)| (sequence.clone(), *bias as f32)).collect();
        list.push(Box::new(SequenceBias { biases }));
    }
    if let Some(penalty) = config.encoder_repetition_penalty.filter(|&penalty| penalty != 1.0) {
        list.push(Box::new(EncoderRepetitionPenalty { penalty }));
    }
    if let Some(penalty) = config.repetition_penalty.filter(|&penalty| penalty != 1.0) {
        list.push(Box::new(RepetitionPenalty { penalty: penalty as f32 }));
    }
    if let Some(size) = config.no_repeat_ngram_size.filter(|&size| size > 0) {
        list.push(Box::new(NoRepeatNGram { size }));
    }
    if let Some(size) = config.encoder_no_repeat_ngram_size.filter(|&size| size > 0) {
        list.push(Box::new(EncoderNoRepeatNGram { size }));
    }
    if let Some(words) = &config.bad_words_ids {
        // A word that is an end token alone does not keep rows from ending.
        let is_end = |word: &&Vec<i64>| matches!(word[..], [token] if eos.contains(&token));
        let words = words.iter().filter(|word| !is_end(word));
        list.push(Box::new(SequenceBias {
            biases: words.map(|word| (word.clone(), f32::NEG_INFINITY)).collect(),
        }));
    }
    let from_length = || config.min_length.unwrap_or(0).saturating_sub(prompt);
    let min = config.min_new_tokens.unwrap_or_else(from_length);
    if min > 0 && !eos.is_empty() {
        list.push(Box::new(MinNewTokens { min, eos: eos.to_vec() }));
    }
    let is_start = prompt <= 1;
    if let Some(token) = config.forced_bos_token_id.filter(|_| is_start) {
        list.push(Box::new(ForcedTokens { tokens: vec![token], at: 0 }));
    }
    if let Some(tokens) = config.forced_eos_token_id.clone() {
        list.push(Box::new(ForcedTokens { tokens, at: new.saturating_sub(1) }));
    }
    if let Some(&[start, factor]) = config.exponential_decay_length_penalty.as_deref() {
        list.push(Box::new(ExponentialDecay { start: start as usize, factor, eos: eos.to_vec() }));
    }
    if let Some(tokens) = config.suppress_tokens.clone() {
        list.push(Box::new(SuppressTokens { tokens, at: None }));
    }
    if let Some(tokens) = config.begin_suppress_tokens.clone() {
        let at = usize::from(is_start && config.forced_bos_token_id.is_some());
        list.push(Box::new(SuppressTokens { tokens, at: Some(at) }));
    }
    list
}

/// What the tokens to draw from are chosen by; each leaves `keep` of them or more.
fn truncations(config: &GenerationConfig, keep: usize) -> Vec<Box<dyn LogitsProcessor>> {
    let mut list: Vec<Box<dyn LogitsProcessor>> = vec![];
    if let Some(temperature) = config.temperature.filter(|&temperature| temperature != 1.0) {
        list.push(Box::new(Temperature { temperature: temperature as f32 }));
    }
    if let Some(h) = config.top_h {
        list.push(Box::new(TopH { h: h as f32 }));
    }
    let k = config.top_k.unwrap_or(GenerationConfig::DEFAULT_TOP_K);
    if k != 0 {
        list.push(Box::new(TopK { k: k.max(keep) }));
    }
    if let Some(p) = config.top_p.filter(|&p| p < 1.0) {
        list.push(Box::new(TopP { p, keep }));
    }
    if let Some(p) = config.min_p {
        list.push(Box::new(MinP { p: p as f32, keep }));
    }
    if let Some(p) = config.typical_p.filter(|&p| p < 1.0) {
        list.push(Box::new(TypicalP { p: p as f32, keep }));
    }
    let is_cutoff = |epsilon: &f64| 0.0 < *epsilon && *epsilon < 1.0;
    if let Some(epsilon) = config.epsilon_cutoff.filter(is_cutoff) {
        list.push(Box::new(Cutoff { epsilon: epsilon as f32, by_entropy: false, keep }));
    }
    if let Some(epsilon) = config.eta_cutoff.filter(is_cutoff) {
        list.push(Box::new(Cutoff { epsilon: epsilon as f32, by_entropy: true, keep }));
    }
    list
}

/// Excludes `token`, if the vocabulary has it.
fn exclude(token: i64, scores: &mut [f32]) {
    if let Some(score) = usize::try_from(token).ok().and_then(|id| scores.get_mut(id)) {
        *score = f32::NEG_INFINITY;
    }
}
