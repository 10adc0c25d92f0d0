//! `automatic-speech-recognition`: what is said in a recording.

mod chunks;
mod ctc;
mod options;
mod whisper;

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use self::chunks::{Chunk, Chunking};
use self::ctc::CtcRecognizer;
pub use self::options::{SpeechRecognitionOptions, Timestamps};
use self::whisper::WhisperRecognizer;
use super::error::TaskError;
use super::pipeline::{JsonPipeline, Pipeline, to_json};
use super::progress::{Count, Watcher};
use super::recordings::parse_audio;
use super::settings::Adjustable;
use crate::checkpoint::CheckpointError;
use crate::load::Model;
use crate::processors::audio::Audio;

/// Transcribes recordings; transformers' `AutomaticSpeechRecognitionPipeline`.
///
/// Models with a CTC head say the best token of each frame. Of those that generate, the ones that hear recordings by
/// Whisper's feature extractor are supported: a long recording they hear window by window, each from where the text of
/// the one before ended, or in the chunks that a call asks for.
pub struct SpeechRecognizer {
    recognizer: Box<dyn Recognizer>,
    watcher: Watcher,
}

/// A kind of model.
trait Recognizer: Send + Sync {
    /// Sets how many recordings, or parts of them, run together at most.
    fn set_batch_size(&mut self, size: usize);

    /// What is said in each of `inputs`, while `watcher` is told how many seconds were heard.
    fn run_batch(
        &self,
        inputs: &[Audio],
        options: &SpeechRecognitionOptions,
        watcher: &Watcher,
    ) -> Result<Vec<Transcription>, TaskError>;
}

/// What is said in a recording.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transcription {
    /// All of it.
    pub text: String,
    /// Its parts, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<Vec<TimedText>>,
}

/// A part of a text and when it is said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimedText {
    /// The part.
    pub text: String,
    /// From when to when, in seconds; none where a model that generates did not say.
    pub timestamp: [Option<f64>; 2],
}

impl Pipeline for SpeechRecognizer {
    const NAME: &'static str = "automatic-speech-recognition";
    type Input = Audio;
    type Options = SpeechRecognitionOptions;
    type Settings = ();
    type Output = Transcription;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let generates = model.checkpoint().config_reader()?.bool("is_encoder_decoder", false);
        let recognizer: Box<dyn Recognizer> = match generates.map_err(CheckpointError::from)? {
            false => Box::new(CtcRecognizer::load(model)?),
            true => Box::new(WhisperRecognizer::load(model)?),
        };
        Ok(Self { recognizer, watcher: Watcher::default() })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<()> {
        self
    }

    fn run_batch(
        &self,
        inputs: &[Audio],
        options: &SpeechRecognitionOptions,
    ) -> Result<Vec<Transcription>, TaskError> {
        self.recognizer.run_batch(inputs, options, &self.watcher)
    }
}

impl Adjustable<()> for SpeechRecognizer {
    fn apply(&mut self, (): &()) {}

    fn set_batch_size(&mut self, size: usize) {
        self.recognizer.set_batch_size(size);
    }

    fn set_watcher(&mut self, watcher: Watcher) {
        self.watcher = watcher;
    }
}

impl JsonPipeline for SpeechRecognizer {
    fn parse_input(value: &Value) -> Result<Audio, String> {
        parse_audio(value)
    }

    fn output_json(output: Transcription) -> Value {
        to_json(output)
    }
}

/// That a model or a call is not what the task can do.
fn refused(problem: impl Into<String>) -> TaskError {
    TaskError::Model { task: SpeechRecognizer::NAME, problem: problem.into() }
}

/// Recordings cut into chunks, as far as a call asks for it: at boundaries of `frame` samples.
struct Cut<'a> {
    /// For each chunk the recording that it is of.
    owners: Vec<usize>,
    chunks: Vec<(&'a [f32], Chunk)>,
    /// Samples a second.
    rate: usize,
}

impl<'a> Cut<'a> {
    fn new(recordings: &'a [Cow<'a, [f32]>], chunking: Chunking, rate: usize) -> Self {
        let mut cut = Self { owners: vec![], chunks: vec![], rate };
        for (index, samples) in recordings.iter().enumerate() {
            for chunk in chunking.chunks(samples.len()) {
                cut.owners.push(index);
                cut.chunks.push((&samples[chunk.samples.clone()], chunk));
            }
        }
        cut
    }

    fn samples(&self) -> Vec<&'a [f32]> {
        self.chunks.iter().map(|(samples, _)| *samples).collect()
    }

    /// How many seconds of its recording a chunk stands for.
    fn seconds(&self, chunk: usize) -> f64 {
        self.chunks[chunk].1.own_samples() as f64 / self.rate as f64
    }

    /// Tells `watcher` how many of the seconds were heard.
    fn count<'w>(&self, watcher: &'w Watcher) -> Count<'w> {
        watcher.count((0..self.chunks.len()).map(|chunk| self.seconds(chunk)).sum())
    }
}

/// How a call wants recordings of `rate` to be cut, where a frame has so many samples.
fn chunking(
    options: &SpeechRecognitionOptions,
    rate: usize,
    frame: impl FnOnce() -> Result<usize, TaskError>,
) -> Result<Chunking, TaskError> {
    match options.chunk_length_s {
        Some(seconds) if seconds > 0.0 => {
            Chunking::new(seconds, options.stride_length_s, rate, frame()?).map_err(refused)
        }
        _ => Ok(Chunking::Whole),
    }
}
