//! What a call can ask for.

use std::str::FromStr;

use serde_json::Value;

use super::super::options::TaskOptions;
use crate::checkpoint::{ConfigError, Reader};
use crate::generate::GenerationConfig;

/// What a call to a [`SpeechRecognizer`](super::SpeechRecognizer) can ask for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpeechRecognitionOptions {
    /// Which parts of the text to time. Default: none, or what the checkpoint's `generation_config.json` says.
    pub return_timestamps: Option<Timestamps>,
    /// Cuts recordings into chunks of so many seconds, which overlap. Default, and 0: not at all.
    pub chunk_length_s: Option<f64>,
    /// How many seconds at the left and the right of a chunk are context only. Default: a sixth of the chunk each.
    pub stride_length_s: Option<[f64; 2]>,
    /// The language that is spoken, as `en`, `english` or `<|en|>`, for a model that knows several. Default: it is
    /// detected.
    pub language: Option<String>,
    /// What a model that knows several tasks does: `transcribe`, or `translate` into English. Default: `transcribe`.
    pub task: Option<String>,
    /// Whether a window of a long recording is heard with the text before it in mind. Default: false.
    pub condition_on_prev_tokens: Option<bool>,
    /// Parameters of generation. Unset ones are the checkpoint's; what that does not set either is `max_new_tokens`
    /// 256 and `num_beams` 5. Tokens are drawn at random only where a call sets a `temperature` above 0.
    pub generation: GenerationConfig,
}

impl SpeechRecognitionOptions {
    /// An option that only models which generate have, if one is set.
    pub(super) fn of_generation(&self) -> Option<&'static str> {
        let set = [
            ("language", self.language.is_some()),
            ("task", self.task.is_some()),
            ("condition_on_prev_tokens", self.condition_on_prev_tokens.is_some()),
            ("parameters of generation", self.generation != GenerationConfig::default()),
        ];
        set.into_iter().find_map(|(option, is_set)| is_set.then_some(option))
    }
}

/// Parts of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timestamps {
    /// Each character.
    Char,
    /// Each word.
    Word,
    /// What a model that generates says between two timestamps; `true` in JSON.
    Segment,
}

impl FromStr for Timestamps {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "char" => Ok(Self::Char),
            "word" => Ok(Self::Word),
            _ => Err(format!("expected true, char or word, found {name:?}")),
        }
    }
}

impl TaskOptions for SpeechRecognitionOptions {
    const FIELDS: &'static [&'static str] = &[
        "return_timestamps",
        "chunk_length_s",
        "stride_length_s",
        "language",
        "task",
        "condition_on_prev_tokens",
        "max_new_tokens",
        "temperature",
        "num_beams",
    ];

    fn has(name: &str) -> bool {
        Self::FIELDS.contains(&name) || GenerationConfig::names(name)
    }

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        let stride = match r.value("stride_length_s") {
            Some(Value::Array(_)) => {
                let sides = <[f64; 2]>::try_from(r.list_f64("stride_length_s", None)?);
                Some(sides.map_err(|_| r.error("stride_length_s", "expected a number, or [left, right]"))?)
            }
            _ => r.opt_f64("stride_length_s")?.map(|both| [both; 2]),
        };
        let is_sane = |seconds: f64| (0.0..=1e6).contains(&seconds);
        let chunk = r.opt_f64("chunk_length_s")?;
        r.require(chunk.is_none_or(is_sane), "chunk_length_s", "seconds from 0 to 1e6")?;
        let strides = stride.is_none_or(|sides| sides.into_iter().all(is_sane));
        r.require(strides, "stride_length_s", "seconds from 0 to 1e6")?;
        Ok(Self {
            return_timestamps: match r.value("return_timestamps") {
                Some(Value::Bool(all)) => all.then_some(Timestamps::Segment),
                _ => r.opt_parsed("return_timestamps")?,
            },
            chunk_length_s: chunk,
            stride_length_s: stride,
            language: r.opt_string("language")?,
            task: r.opt_string("task")?,
            condition_on_prev_tokens: r.opt_bool("condition_on_prev_tokens")?,
            generation: GenerationConfig::read(r)?,
        })
    }
}
