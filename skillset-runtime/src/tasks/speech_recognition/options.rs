//! What a call can ask for.

use std::str::FromStr;

use serde_json::Value;

use super::super::options::TaskOptions;
use crate::checkpoint::{ConfigError, Reader};

/// What a call to a [`SpeechRecognizer`](super::SpeechRecognizer) can ask for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpeechRecognitionOptions {
    /// Which parts of the text to time. Default: none.
    pub return_timestamps: Option<Timestamps>,
    /// Cuts recordings into chunks of so many seconds, which overlap. Default, and 0: not at all.
    pub chunk_length_s: Option<f64>,
    /// How many seconds at the left and the right of a chunk are context only. Default: a sixth of the chunk each.
    pub stride_length_s: Option<[f64; 2]>,
}

/// Parts of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timestamps {
    /// Each character.
    Char,
    /// Each word.
    Word,
}

impl FromStr for Timestamps {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "char" => Ok(Self::Char),
            "word" => Ok(Self::Word),
            _ => Err(format!("expected char or word, found {name:?}")),
        }
    }
}

impl TaskOptions for SpeechRecognitionOptions {
    const FIELDS: &'static [&'static str] = &["return_timestamps", "chunk_length_s", "stride_length_s"];

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
            return_timestamps: r.opt_parsed("return_timestamps")?,
            chunk_length_s: chunk,
            stride_length_s: stride,
        })
    }
}
