//! Models with a CTC head: the best token of each frame.

use std::ops::Range;

use super::super::error::TaskError;
use super::super::pipeline::Pipeline;
use super::super::progress::Watcher;
use super::super::recordings::AudioModel;
use super::super::settings::Adjustable;
use super::chunks::Chunk;
use super::{Cut, SpeechRecognitionOptions, SpeechRecognizer, TimedText, Timestamps, Transcription};
use super::{Recognizer, chunking, refused};
use crate::checkpoint::{Checkpoint, CheckpointError, ConfigError};
use crate::load::Model;
use crate::processors::audio::Audio;
use crate::processors::text::CtcTokenizer;
use crate::scores::argmax;

/// A model with a CTC head and its tokenizer.
pub(super) struct CtcRecognizer {
    model: AudioModel,
    tokenizer: CtcTokenizer,
    /// Samples a frame of logits, where the config says it.
    frame: Option<usize>,
}

impl Recognizer for CtcRecognizer {
    fn set_batch_size(&mut self, size: usize) {
        self.model.set_batch_size(size);
    }

    fn run_batch(
        &self,
        inputs: &[Audio],
        options: &SpeechRecognitionOptions,
        watcher: &Watcher,
    ) -> Result<Vec<Transcription>, TaskError> {
        if let Some(option) = options.of_generation() {
            return Err(refused(format!(
                "{option}: expected a model that generates, such as Whisper; this one says the best token of each frame"
            )));
        }
        let recordings = self.model.samples(inputs)?;
        let rate = self.model.extractor().rate();
        let chunking = chunking(options, rate, || self.frame("chunk_length_s"))?;
        let cut = Cut::new(&recordings, chunking, rate);
        let count = cut.count(watcher);
        let best = self.model.run(&cut.samples(), |chunk, outputs| {
            count.add(cut.seconds(chunk));
            let logits = outputs.get("logits", 2)?;
            Ok(logits.vectors().map(|frame| argmax(frame).unwrap_or(0) as u32).collect::<Vec<u32>>())
        })?;
        count.finish();
        let mut ids: Vec<Vec<u32>> = recordings.iter().map(|_| vec![]).collect();
        for ((owner, (_, chunk)), best) in cut.owners.into_iter().zip(&cut.chunks).zip(&best) {
            ids[owner].extend_from_slice(&best[self.kept(chunk, best.len())]);
        }
        ids.iter().map(|ids| self.transcription(ids, options)).collect()
    }
}

impl CtcRecognizer {
    pub(super) fn load(model: &Model) -> Result<Self, TaskError> {
        let checkpoint = model.checkpoint();
        let frame = frame(checkpoint).map_err(CheckpointError::from)?;
        let tokenizer = CtcTokenizer::from_dir(checkpoint.dir())?;
        Ok(Self { model: AudioModel::load(SpeechRecognizer::NAME, model)?, tokenizer, frame })
    }

    /// Samples a frame of logits, which `option` asks for.
    fn frame(&self, option: &str) -> Result<usize, TaskError> {
        self.frame.ok_or_else(|| {
            refused(format!(
                "{option}: expected conv_stride or feature_projection_input_dim in config.json, which tell how many \
                 samples a frame of logits is, found neither; leave the option out"
            ))
        })
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
            Some(Timestamps::Segment) => {
                return Err(refused(
                    "return_timestamps: expected char or word for a model with a CTC head, found true",
                ));
            }
        };
        let (frame, rate) = (self.frame("return_timestamps")?, self.model.extractor().rate() as f64);
        let seconds = |at: usize| (at * frame) as f64 / rate;
        let timed = spans.into_iter().map(|span| TimedText {
            text: span.text,
            timestamp: [span.start, span.end].map(|at| Some(seconds(at))),
        });
        Ok(Transcription { text, chunks: Some(timed.collect()) })
    }
}

/// `inputs_to_logits_ratio` of transformers' configs, which files do not have: the strides of the convolutions over
/// the samples, or twice what Kaldi's features are projected from.
fn frame(checkpoint: &Checkpoint) -> Result<Option<usize>, ConfigError> {
    let r = checkpoint.config_reader()?;
    if let Some(width) = r.opt_usize("feature_projection_input_dim")? {
        return Ok(Some(width * 2));
    }
    let strides = r.opt_list_usize("conv_stride")?;
    Ok(strides.map(|strides| strides.into_iter().fold(1, usize::saturating_mul).max(1)))
}
