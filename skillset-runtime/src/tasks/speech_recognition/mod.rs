//! `automatic-speech-recognition`: what is said in a recording.

mod chunks;
mod options;

use std::ops::Range;

use serde::Serialize;
use serde_json::Value;

use self::chunks::{Chunk, Chunking};
pub use self::options::{SpeechRecognitionOptions, Timestamps};
use super::error::TaskError;
use super::pipeline::{JsonPipeline, Pipeline, to_json};
use super::recordings::{AudioModel, parse_audio};
use crate::checkpoint::{Checkpoint, CheckpointError, ConfigError};
use crate::load::Model;
use crate::processors::audio::Audio;
use crate::processors::text::CtcTokenizer;
use crate::scores::argmax;

/// Transcribes recordings with a CTC head, taking the best token of each frame; transformers'
/// `AutomaticSpeechRecognitionPipeline`.
pub struct SpeechRecognizer {
    model: AudioModel,
    tokenizer: CtcTokenizer,
    /// Samples a frame of logits, where the config says it.
    frame: Option<usize>,
}

/// What is said in a recording.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transcription {
    /// All of it.
    pub text: String,
    /// Its characters or words, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<Vec<TimedText>>,
}

/// A part of a text and when it is said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimedText {
    /// The part.
    pub text: String,
    /// From when to when, in seconds.
    pub timestamp: [f64; 2],
}

impl Pipeline for SpeechRecognizer {
    const NAME: &'static str = "automatic-speech-recognition";
    type Input = Audio;
    type Options = SpeechRecognitionOptions;
    type Settings = ();
    type Output = Transcription;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let checkpoint = model.checkpoint();
        let frame = frame(checkpoint).map_err(CheckpointError::from)?;
        let tokenizer = CtcTokenizer::from_dir(checkpoint.dir())?;
        Ok(Self { model: AudioModel::load(Self::NAME, model)?, tokenizer, frame })
    }

    fn with_settings(self, (): &()) -> Self {
        self
    }

    fn with_batch_size(mut self, size: usize) -> Self {
        self.model = self.model.with_batch_size(size);
        self
    }

    fn run_batch(
        &self,
        inputs: &[Audio],
        options: &SpeechRecognitionOptions,
    ) -> Result<Vec<Transcription>, TaskError> {
        let recordings = self.model.samples(inputs)?;
        let chunking = self.chunking(options)?;
        let mut owners = vec![];
        let mut chunks = vec![];
        for (index, samples) in recordings.iter().enumerate() {
            for chunk in chunking.chunks(samples.len()) {
                owners.push(index);
                chunks.push((&samples[chunk.samples.clone()], chunk));
            }
        }
        let samples: Vec<&[f32]> = chunks.iter().map(|(samples, _)| *samples).collect();
        let best = self.model.run(&samples, |outputs| {
            let logits = outputs.get("logits", 2)?;
            Ok(logits.vectors().map(|frame| argmax(frame).unwrap_or(0) as u32).collect::<Vec<u32>>())
        })?;
        let mut ids: Vec<Vec<u32>> = recordings.iter().map(|_| vec![]).collect();
        for ((owner, (_, chunk)), best) in owners.into_iter().zip(&chunks).zip(&best) {
            ids[owner].extend_from_slice(&best[self.kept(chunk, best.len())]);
        }
        ids.iter().map(|ids| self.transcription(ids, options)).collect()
    }
}

impl SpeechRecognizer {
    /// Samples a frame of logits, which `option` asks for.
    fn frame(&self, option: &str) -> Result<usize, TaskError> {
        self.frame.ok_or_else(|| TaskError::Model {
            task: Self::NAME,
            problem: format!(
                "{option}: expected conv_stride or feature_projection_input_dim in config.json, which tell how many \
                 samples a frame of logits is, found neither; leave the option out"
            ),
        })
    }

    fn chunking(&self, options: &SpeechRecognitionOptions) -> Result<Chunking, TaskError> {
        match options.chunk_length_s {
            Some(seconds) if seconds > 0.0 => {
                let frame = self.frame("chunk_length_s")?;
                let chunking =
                    Chunking::new(seconds, options.stride_length_s, self.model.extractor().rate(), frame);
                chunking.map_err(|problem| TaskError::Model { task: Self::NAME, problem })
            }
            _ => Ok(Chunking::Whole),
        }
    }

    /// The frames of a chunk that count: not those at its sides that others have more context for.
    fn kept(&self, chunk: &Chunk, frames: usize) -> Range<usize> {
        match (chunk.stride, self.frame) {
            (Some(stride), Some(frame)) => stride.frames(chunk.samples.len(), frame, frames),
            _ => 0..frames,
        }
    }

    fn transcription(
        &self,
        ids: &[u32],
        options: &SpeechRecognitionOptions,
    ) -> Result<Transcription, TaskError> {
        let text = self.tokenizer.decode(ids);
        let spans = match options.return_timestamps {
            None => return Ok(Transcription { text, chunks: None }),
            Some(Timestamps::Char) => self.tokenizer.characters(ids),
            Some(Timestamps::Word) => self.tokenizer.words(ids),
        };
        let (frame, rate) = (self.frame("return_timestamps")?, self.model.extractor().rate() as f64);
        let seconds = |at: usize| (at * frame) as f64 / rate;
        let timed = spans
            .into_iter()
            .map(|span| TimedText { text: span.text, timestamp: [seconds(span.start), seconds(span.end)] });
        Ok(Transcription { text, chunks: Some(timed.collect()) })
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

/// `inputs_to_logits_ratio` of transformers' configs, which files do not have: the strides of the convolutions over
/// the samples, or twice what Kaldi's features are projected from.
///
/// # Errors
/// If the config is of an encoder with a decoder.
fn frame(checkpoint: &Checkpoint) -> Result<Option<usize>, ConfigError> {
    let r = checkpoint.config_reader()?;
    let is_pair = r.bool("is_encoder_decoder", false)?;
    r.require(
        !is_pair,
        "is_encoder_decoder",
        "false, since speech is recognised by CTC heads only; sequence-to-sequence models such as Whisper are not \
         supported yet",
    )?;
    if let Some(width) = r.opt_usize("feature_projection_input_dim")? {
        return Ok(Some(width * 2));
    }
    let strides = r.opt_list_usize("conv_stride")?;
    Ok(strides.map(|strides| strides.into_iter().fold(1, usize::saturating_mul).max(1)))
}
