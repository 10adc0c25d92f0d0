//! How to generate: what a checkpoint says and what the caller says.

use serde_json::Value;

use super::error::GenerateError;
use super::unsupported;
use crate::checkpoint::{Checkpoint, CheckpointError, ConfigError, FromConfig, Reader};

/// Sequences of tokens, and what is added to the score of the token that would complete one.
type Biases = Vec<(Vec<i64>, f64)>;

/// Defines the config with the operations that treat every field alike, so that a field is named once.
macro_rules! generation_config {
    ($($(#[$doc:meta])* $field:ident: $type:ty, $read:ident;)*) => {
        /// Parameters of generation, as in transformers' `GenerationConfig`: every one may be unset.
        ///
        /// A call's own parameters win over the checkpoint's, and those over the defaults ([`or`](Self::or)).
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct GenerationConfig {
            $($(#[$doc])* pub $field: Option<$type>,)*
        }

        impl GenerationConfig {
            /// Whether this is the name of a parameter, supported or not; other names are taken for metadata in a
            /// file and for mistakes in a caller's options.
            pub fn names(field: &str) -> bool {
                [$(stringify!($field)),*].contains(&field) || unsupported::names(field)
            }

            /// These parameters, and `defaults` where they are unset.
            pub fn or(self, defaults: &Self) -> Self {
                Self { $($field: self.$field.or_else(|| defaults.$field.clone()),)* }
            }

            /// Reads the fields that an object has; a `null` is as good as a missing field.
            ///
            /// # Errors
            /// If a field has the wrong type, or is one that would change the result and is not supported.
            pub fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
                unsupported::check(r)?;
                Ok(Self { $($field: $read(r, stringify!($field))?,)* })
            }
        }
    };
}

generation_config! {
    /// How many tokens to generate at most; wins over `max_length`.
    max_new_tokens: usize, opt;
    /// How long prompt and generated tokens may become together, prompts counted with their padding.
    max_length: usize, opt;
    /// How many tokens to generate at least; wins over `min_length`.
    min_new_tokens: usize, opt;
    /// How long prompt and generated tokens have to become together.
    min_length: usize, opt;
    /// How many continuations of a prompt are kept at each step, to find likely ones as a whole: beam search.
    /// Unset: 1, which is greedy decoding or sampling.
    num_beams: usize, opt;
    /// How many sequences continue a prompt: drawn ones, or the best of that many beams or more. Unset: 1.
    num_return_sequences: usize, opt;
    /// With beams: sequences are ranked by their score over their length to the power of this, so more than 0
    /// favours long ones. Unset: 1.
    length_penalty: f64, opt;
    /// When beam search ends. Unset: by the heuristic.
    early_stopping: EarlyStopping, early_stopping;
    /// With beams: whether scores are made log-probabilities again once processors have changed them.
    renormalize_logits: bool, opt;
    /// Whether to draw tokens at random; otherwise the most likely one is taken.
    do_sample: bool, opt;
    /// Divides the logits before drawing.
    temperature: f64, opt;
    /// Draws from that many most likely tokens; 0 for all. Unset: 50.
    top_k: usize, opt;
    /// Draws from the most likely tokens that have this much probability together.
    top_p: f64, opt;
    /// Draws from tokens that have at least this fraction of the best one's probability.
    min_p: f64, opt;
    /// Above 1: makes tokens that occurred less likely.
    repetition_penalty: f64, opt;
    /// No sequence of that many tokens may occur twice; 0 for no limit.
    no_repeat_ngram_size: usize, opt;
    /// No sequence of that many tokens may come that an encoder read; 0 for no limit.
    encoder_no_repeat_ngram_size: usize, opt;
    /// Above 1: makes tokens that an encoder read more likely.
    encoder_repetition_penalty: f64, opt;
    /// Sequences of tokens that must not come, other than a single end token.
    bad_words_ids: Vec<Vec<i64>>, opt;
    /// Sequences of tokens, and what is added to the score of the token that would complete one.
    sequence_bias: Biases, biases;
    /// Tokens that must not come.
    suppress_tokens: Vec<i64>, opt;
    /// Tokens that must not come first.
    begin_suppress_tokens: Vec<i64>, opt;
    /// What comes first, behind a prompt of one token.
    forced_bos_token_id: i64, opt;
    /// What comes last where rows reach their greatest length.
    forced_eos_token_id: Vec<i64>, one_or_list_i64;
    /// From how many new tokens on an end becomes likelier, and by which factor with each.
    exponential_decay_length_penalty: Vec<f64>, opt;
    /// Draws from the tokens of usual information that have this much probability together.
    typical_p: f64, opt;
    /// Draws from tokens of at least this probability; 0 for all.
    epsilon_cutoff: f64, opt;
    /// As `epsilon_cutoff`, lower where the entropy is high.
    eta_cutoff: f64, opt;
    /// Draws from the most likely tokens that have this fraction of the entropy together.
    top_h: f64, opt;
    /// The tokens that end a row; none where the list is empty.
    eos_token_id: Vec<i64>, one_or_list_i64;
    /// What rows are padded with. Unset: the first of the tokens that end a row.
    pad_token_id: i64, opt;
    /// What an empty prompt starts with.
    bos_token_id: i64, opt;
    /// What a decoder behind an encoder starts with. Unset: `bos_token_id`.
    decoder_start_token_id: i64, opt;
    /// Texts that end a row; the text includes them.
    stop_strings: Vec<String>, one_or_list_string;
    /// Whether keys and values of earlier positions are kept. Unset: they are; otherwise every step runs all
    /// positions, which takes longer and differs only where keys depend on the length of the text.
    use_cache: bool, opt;
    /// The seed for drawing. Unset: a new one for each call.
    seed: i64, opt;
}

/// When beam search ends, as transformers' `early_stopping`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EarlyStopping {
    /// `false`: once the best running beam, at the length it has, cannot rank before the worst finished one.
    #[default]
    Heuristic,
    /// `true`: once there are `num_beams` finished sequences, too.
    Full,
    /// `"never"`: once no running beam can rank before the worst finished one. Where `length_penalty` is above 0 the
    /// best it can do is to reach the greatest length without losing anything.
    Never,
}

impl GenerationConfig {
    /// How many of the most likely tokens are drawn from unless `top_k` says otherwise.
    pub const DEFAULT_TOP_K: usize = 50;
    /// How many tokens are generated where neither `max_new_tokens` nor `max_length` is set.
    pub const DEFAULT_NEW_TOKENS: usize = 20;

    /// Greedy decoding of exactly `max_new_tokens` tokens, whatever they are.
    pub fn greedy(max_new_tokens: usize) -> Self {
        Self {
            max_new_tokens: Some(max_new_tokens),
            do_sample: Some(false),
            eos_token_id: Some(vec![]),
            ..Self::default()
        }
    }

    /// Whether tokens are drawn at random.
    pub fn do_sample(&self) -> bool {
        self.do_sample == Some(true)
    }

    /// What a checkpoint says: its `generation_config.json`, or, only if it has none, the fields of the same
    /// names in `config.json`, and where that has none in the config of the text model that it nests.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn from_checkpoint(checkpoint: &Checkpoint) -> Result<Self, CheckpointError> {
        if let Some(value) = checkpoint.generation_config() {
            let file = checkpoint.dir().join("generation_config.json");
            return Ok(Self::from_json(value, &file.display().to_string())?);
        }
        let whole = Self::read(&checkpoint.config_reader()?)?;
        Ok(whole.or(&Self::read(&checkpoint.text_config_reader()?)?))
    }

    /// Reads the content of `file`, a `generation_config.json`.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn from_json(value: &Value, file: &str) -> Result<Self, ConfigError> {
        Self::read(&Reader::new(value, file)?)
    }

    /// How many beams a prompt has.
    pub fn num_beams(&self) -> usize {
        self.num_beams.unwrap_or(1)
    }

    /// How many sequences continue a prompt.
    pub fn num_return_sequences(&self) -> usize {
        self.num_return_sequences.unwrap_or(1)
    }

    /// Checks that the values make sense.
    ///
    /// # Errors
    /// Names the first field that does not.
    pub fn check(&self) -> Result<(), GenerateError> {
        let wrong = |field, expected: &str, found: &dyn std::fmt::Display| {
            Err(GenerateError::Option { field, problem: format!("expected {expected}, found {found}") })
        };
        let within = |range: std::ops::RangeInclusive<f64>, value| range.contains(&value);
        match self {
            Self { max_new_tokens: Some(0), .. } => wrong("max_new_tokens", "at least 1", &0),
            Self { max_new_tokens: Some(v), .. } if *v > MOST_TOKENS => {
                wrong("max_new_tokens", &format!("at most {MOST_TOKENS}"), v)
            }
            Self { max_length: Some(v), .. } if *v > MOST_TOKENS => {
                wrong("max_length", &format!("at most {MOST_TOKENS}"), v)
            }
            Self { num_beams: Some(v), .. } if !(1..=MOST_ROWS).contains(v) => {
                wrong("num_beams", &format!("a number from 1 to {MOST_ROWS}"), v)
            }
            Self { num_return_sequences: Some(v), .. } if !(1..=MOST_ROWS).contains(v) => {
                wrong("num_return_sequences", &format!("a number from 1 to {MOST_ROWS}"), v)
            }
            Self { num_return_sequences: Some(v), .. } if self.num_beams() > 1 && *v > self.num_beams() => {
                wrong("num_return_sequences", &format!("at most the {} of num_beams", self.num_beams()), v)
            }
            Self { num_return_sequences: Some(v), .. }
                if self.num_beams() == 1 && *v > 1 && !self.do_sample() =>
            {
                let expected = "1, as greedy decoding gives only one (set do_sample, or num_beams)";
                wrong("num_return_sequences", expected, v)
            }
            Self { length_penalty: Some(v), .. } if !v.is_finite() => wrong("length_penalty", "a number", v),
            Self { repetition_penalty: Some(v), .. } if !is_divisor(*v) => {
                wrong("repetition_penalty", "a number above 0", v)
            }
            Self { encoder_repetition_penalty: Some(v), .. } if !is_divisor(*v) => {
                wrong("encoder_repetition_penalty", "a number above 0", v)
            }
            Self { exponential_decay_length_penalty: Some(v), .. } if !matches!(v[..], [start, factor] if start >= 0.0 && start.fract() == 0.0 && factor > 0.0) =>
            {
                let expected = "two numbers, a count of tokens and a factor above 0";
                wrong("exponential_decay_length_penalty", expected, &format_args!("{v:?}"))
            }
            Self { bad_words_ids: Some(list), .. } if list.iter().any(Vec::is_empty) => {
                wrong("bad_words_ids", "sequences that are not empty", &"an empty one")
            }
            Self { sequence_bias: Some(list), .. }
                if list.iter().any(|(sequence, _)| sequence.is_empty()) =>
            {
                wrong("sequence_bias", "sequences that are not empty", &"an empty one")
            }
            Self { stop_strings: Some(list), .. } if list.iter().any(String::is_empty) => {
                wrong("stop_strings", "texts that are not empty", &"an empty text")
            }
            // The rest is not looked at by greedy decoding; checkpoints do carry a temperature of 0 with it.
            _ if !self.do_sample() => Ok(()),
            Self { temperature: Some(v), .. } if !is_divisor(*v) => {
                wrong("temperature", "a number above 0 (for greedy decoding set do_sample to false)", v)
            }
            Self { top_p: Some(v), .. } if !within(0.0..=1.0, *v) => {
                wrong("top_p", "a number from 0 to 1", v)
            }
            Self { min_p: Some(v), .. } if !within(0.0..=1.0, *v) => {
                wrong("min_p", "a number from 0 to 1", v)
            }
            Self { typical_p: Some(v), .. } if *v <= 0.0 => wrong("typical_p", "a number above 0", v),
            Self { top_h: Some(v), .. } if !(*v > 0.0 && *v <= 1.0) => {
                wrong("top_h", "a number above 0 and up to 1", v)
            }
            _ => Ok(()),
        }
    }
}

/// No row is longer: a cache has memory for every token that may come.
const MOST_TOKENS: usize = i32::MAX as usize;

/// No prompt is continued by more rows, so that their number never overflows.
const MOST_ROWS: usize = 1 << 16;

/// Whether scores can be divided by a number: in single precision, as they are, 1e-46 is 0.
fn is_divisor(value: f64) -> bool {
    let value = value as f32;
    value > 0.0 && value.is_finite()
}

fn opt<T: FromConfig>(r: &Reader<'_>, field: &str) -> Result<Option<T>, ConfigError> {
    r.opt(field)
}

fn one_or_list_i64(r: &Reader<'_>, field: &str) -> Result<Option<Vec<i64>>, ConfigError> {
    one_or_list(r, field)
}

fn one_or_list_string(r: &Reader<'_>, field: &str) -> Result<Option<Vec<String>>, ConfigError> {
    one_or_list(r, field)
}

fn early_stopping(r: &Reader<'_>, field: &str) -> Result<Option<EarlyStopping>, ConfigError> {
    match r.value(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(false)) => Ok(Some(EarlyStopping::Heuristic)),
        Some(Value::Bool(true)) => Ok(Some(EarlyStopping::Full)),
        Some(Value::String(text)) if text == "never" => Ok(Some(EarlyStopping::Never)),
        Some(other) => Err(r.error(field, format!("expected true, false or \"never\", found {other}"))),
    }
}

/// `[[[10, 45], -2.0], …]`
fn biases(r: &Reader<'_>, field: &str) -> Result<Option<Biases>, ConfigError> {
    let Some(value) = r.value(field).filter(|value| !value.is_null()) else { return Ok(None) };
    let pair = |pair: &Value| -> Option<(Vec<i64>, f64)> {
        let [sequence, bias] = &pair.as_array()?[..] else { return None };
        let sequence = sequence.as_array()?.iter().map(Value::as_i64).collect::<Option<_>>()?;
        Some((sequence, bias.as_f64()?))
    };
    let pairs = value.as_array().and_then(|pairs| pairs.iter().map(pair).collect::<Option<Vec<_>>>());
    let expected = || format!("expected a list of pairs such as [[10, 45], -2.0], found {value}");
    pairs.map(Some).ok_or_else(|| r.error(field, expected()))
}

fn one_or_list<T>(r: &Reader<'_>, field: &str) -> Result<Option<Vec<T>>, ConfigError>
where
    T: FromConfig,
{
    match r.value(field) {
        Some(Value::Array(_)) => r.opt(field),
        _ => Ok(r.opt(field)?.map(|one| vec![one])),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<GenerationConfig, ConfigError> {
        GenerationConfig::from_json(&value, "generation_config.json")
    }

    #[test]
    fn one_token_or_a_list_ends_a_row() {
        assert_eq!(read(json!({"eos_token_id": 2})).unwrap().eos_token_id, Some(vec![2]));
        assert_eq!(read(json!({"eos_token_id": [2, 7]})).unwrap().eos_token_id, Some(vec![2, 7]));
        assert_eq!(read(json!({"eos_token_id": null})).unwrap().eos_token_id, None);
    }

    #[test]
    fn the_call_wins_over_the_checkpoint() {
        let checkpoint = read(json!({"temperature": 0.6, "top_p": 0.9})).unwrap();
        let call = GenerationConfig { temperature: Some(1.5), ..GenerationConfig::default() };
        let both = call.or(&checkpoint);
        assert_eq!((both.temperature, both.top_p, both.top_k), (Some(1.5), Some(0.9), None));
    }

    #[test]
    fn impossible_values_are_refused_where_they_are_used() {
        let config = GenerationConfig { temperature: Some(0.0), ..GenerationConfig::default() };
        config.check().unwrap();
        let error = GenerationConfig { do_sample: Some(true), ..config }.check().unwrap_err();
        assert_eq!(
            error.to_string(),
            "generation option temperature: expected a number above 0 (for greedy decoding set do_sample to \
             false), found 0"
        );
        let endless = GenerationConfig { max_new_tokens: Some(usize::MAX), ..GenerationConfig::default() };
        assert_eq!(
            endless.check().unwrap_err().to_string(),
            format!("generation option max_new_tokens: expected at most 2147483647, found {}", usize::MAX)
        );
        for (value, is_right) in [(1e-30, true), (1e-46, false), (1e39, false), (f64::NAN, false)] {
            let config = GenerationConfig { repetition_penalty: Some(value), ..GenerationConfig::default() };
            assert_eq!(config.check().is_ok(), is_right, "{value}");
        }
    }

    #[test]
    fn wrong_types_name_file_and_field() {
        let error = read(json!({"max_new_tokens": -1})).unwrap_err().to_string();
        assert_eq!(
            error,
            "generation_config.json: /max_new_tokens: expected a non-negative integer, found -1"
        );
    }
}
