//! The feature extractor itself.

use std::borrow::Cow;
use std::path::Path;

use serde_json::Value;

use super::Audio;
use super::ast::Ast;
use super::decode::MOST_HERTZ;
use super::seamless::Seamless;
use super::waveform::Waveform;
use super::whisper::Whisper;
use crate::checkpoint::{ConfigError, Reader};
use crate::model::{did_you_mean, nearest};
use crate::processors::{ProcessorError, part};

/// Turns recordings into the input of an audio model.
#[derive(Debug, Clone)]
pub struct FeatureExtractor {
    rate: usize,
    class: Class,
}

/// Recordings as a model takes them.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureBatch {
    /// The features, row-major.
    pub values: Vec<f32>,
    /// `[batch, samples]` of waveforms; `[batch, frames, features]`, or for Whisper `[batch, features, frames]`.
    pub shape: Vec<usize>,
    /// 1 for what is of a recording and 0 for padding, `[batch, samples]` or `[batch, frames]`; none from a class
    /// that has no mask.
    pub mask: Option<Vec<i64>>,
}

/// What a class of transformers' feature extractors does.
#[derive(Debug, Clone)]
enum Class {
    Ast(Ast),
    Seamless(Seamless),
    Waveform(Waveform),
    Whisper(Whisper),
}

/// The classes that are known.
const CLASSES: [&str; 5] = [
    "ASTFeatureExtractor",
    "SeamlessM4TFeatureExtractor",
    "SpeechT5FeatureExtractor",
    "Wav2Vec2FeatureExtractor",
    "WhisperFeatureExtractor",
];

impl FeatureExtractor {
    /// The feature extractor of a checkpoint directory: the `feature_extractor` object of `processor_config.json`,
    /// or else `preprocessor_config.json`.
    pub fn from_dir(dir: impl AsRef<Path>) -> Result<Self, ProcessorError> {
        let remedy = "a model that takes audio needs one; `AutoFeatureExtractor.from_pretrained(…)\
                      .save_pretrained(DIR)` in Python writes it";
        let (value, file) = part(dir.as_ref(), "feature_extractor", remedy)?;
        Self::read(&value, &file)
    }

    /// Reads the settings from parsed JSON; `file` is named in errors.
    pub fn read(value: &Value, file: &str) -> Result<Self, ProcessorError> {
        let r = Reader::new(value, file)?;
        let name = r.string("feature_extractor_type", None)?;
        let rate = r.positive("sampling_rate", 16_000)?;
        r.require(rate <= MOST_HERTZ, "sampling_rate", format_args!("at most {MOST_HERTZ} Hz"))?;
        let class = match name.as_str() {
            "ASTFeatureExtractor" => Class::Ast(Ast::read(&r, rate)?),
            "SeamlessM4TFeatureExtractor" => Class::Seamless(Seamless::read(&r, rate)?),
            "SpeechT5FeatureExtractor" => Class::Waveform(Waveform::read(&r, Waveform::SPEECH_T5)?),
            "Wav2Vec2FeatureExtractor" => Class::Waveform(Waveform::read(&r, Waveform::WAV2VEC2)?),
            "WhisperFeatureExtractor" => Class::Whisper(Whisper::read(&r, rate)?),
            other => return Err(unknown(&r, other).into()),
        };
        Ok(Self { rate, class })
    }

    /// The rate that recordings are brought to, in hertz.
    pub fn rate(&self) -> usize {
        self.rate
    }

    /// The name of the model's input.
    pub fn input(&self) -> &'static str {
        match self.class {
            Class::Ast(_) | Class::Waveform(_) => "input_values",
            Class::Seamless(_) | Class::Whisper(_) => "input_features",
        }
    }

    /// A recording's samples at the extractor's rate.
    ///
    /// # Errors
    /// If there would be too many of them.
    pub fn samples<'a>(&self, audio: &'a Audio) -> Result<Cow<'a, [f32]>, ProcessorError> {
        audio.at_rate(self.rate).map_err(ProcessorError::Features)
    }

    /// What the features' length follows from, for a recording of so many samples: the number itself, or 0 for a class
    /// that cuts and pads all recordings to one length.
    pub fn length(&self, samples: usize) -> usize {
        match self.class {
            Class::Ast(_) | Class::Whisper(_) => 0,
            Class::Seamless(_) | Class::Waveform(_) => samples,
        }
    }

    /// To how many samples the class cuts and pads recordings that a model can also hear window by window: Whisper's.
    pub fn window(&self) -> Option<usize> {
        match &self.class {
            Class::Whisper(class) => Some(class.samples()),
            Class::Ast(_) | Class::Seamless(_) | Class::Waveform(_) => None,
        }
    }

    /// The features of a whole recording, neither cut nor padded, for a class that has a [`window`](Self::window).
    ///
    /// # Errors
    /// If the class has none, or the recording is shorter than it needs.
    pub fn process_whole(&self, samples: &[f32]) -> Result<FeatureBatch, ProcessorError> {
        let batch = match &self.class {
            Class::Whisper(class) => class.process_whole(samples),
            Class::Ast(_) | Class::Seamless(_) | Class::Waveform(_) => {
                Err("expected a class of features that are heard window by window".to_owned())
            }
        };
        batch.map_err(ProcessorError::Features)
    }

    /// Processes recordings into one batch in the same order, padded to the longest.
    pub fn process(&self, recordings: &[Audio]) -> Result<FeatureBatch, ProcessorError> {
        let samples = recordings.iter().map(|audio| self.samples(audio)).collect::<Result<Vec<_>, _>>()?;
        self.process_samples(&samples.iter().map(|samples| &**samples).collect::<Vec<_>>())
    }

    /// As [`process`](Self::process), of samples at the extractor's rate.
    pub fn process_samples(&self, recordings: &[&[f32]]) -> Result<FeatureBatch, ProcessorError> {
        if recordings.is_empty() {
            return Err(ProcessorError::Features("expected at least one recording, found none".to_owned()));
        }
        let batch = match &self.class {
            Class::Ast(class) => class.process(recordings),
            Class::Seamless(class) => class.process(recordings),
            Class::Waveform(class) => Ok(class.process(recordings)),
            Class::Whisper(class) => class.process(recordings),
        };
        batch.map_err(ProcessorError::Features)
    }
}

fn unknown(r: &Reader<'_>, name: &str) -> ConfigError {
    let near = did_you_mean(nearest(name, CLASSES));
    let known = CLASSES.join(", ");
    r.error("feature_extractor_type", format!("expected one of {known}, found {name:?}{near}"))
}
