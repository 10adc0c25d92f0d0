//! Models that generate what is said, as Whisper does.

mod languages;
mod listener;
mod overlap;
mod prompt;
mod segments;
mod settings;
mod text;
mod windows;

use std::borrow::Cow;

use self::listener::Listener;
use self::prompt::Opening;
use self::settings::Settings;
use self::text::{Heard, Transcriber};
use self::windows::Features;
use super::super::batch::{DEFAULT_BATCH_SIZE, check_inputs};
use super::super::detokenize::{WithSpecialTokens, to_ids};
use super::super::error::TaskError;
use super::super::generation::with_defaults;
use super::super::pipeline::Pipeline;
use super::super::progress::Watcher;
use super::chunks::Chunk;
use super::{Cut, SpeechRecognitionOptions, SpeechRecognizer, Timestamps, Transcription};
use super::{Recognizer, chunking, refused};
use crate::generate::{EncoderDecoder, GenerationConfig};
use crate::load::Model;
use crate::processors::audio::{Audio, FeatureExtractor};
use crate::processors::text::TextProcessor;

/// An encoder of sound with a decoder of text, and what prepares either's data.
pub(super) struct WhisperRecognizer {
    model: EncoderDecoder,
    settings: Settings,
    extractor: FeatureExtractor,
    /// Samples of a window.
    window: usize,
    processor: std::sync::Arc<TextProcessor>,
    batch_size: usize,
}

impl Recognizer for WhisperRecognizer {
    fn set_batch_size(&mut self, size: usize) {
        self.batch_size = size.max(1);
    }

    fn run_batch(
        &self,
        inputs: &[Audio],
        options: &SpeechRecognitionOptions,
        watcher: &Watcher,
    ) -> Result<Vec<Transcription>, TaskError> {
        let samples = inputs.iter().map(|audio| self.extractor.samples(audio));
        let recordings: Vec<Cow<'_, [f32]>> = samples.collect::<Result<_, _>>()?;
        let rate = self.extractor.rate();
        let cut = Cut::new(&recordings, chunking(options, rate, || Ok(1))?, rate);
        let timed = self.timestamps(options)?;
        let count = cut.count(watcher);
        let mut tokens: Vec<Vec<i64>> = cut.chunks.iter().map(|_| vec![]).collect();
        for is_long in [false, true] {
            let is_such = |(samples, chunk): &(&[f32], Chunk)| {
                (chunk.stride.is_none() && samples.len() > self.window) == is_long
            };
            let such: Vec<usize> = (0..cut.chunks.len()).filter(|&at| is_such(&cut.chunks[at])).collect();
            if such.is_empty() {
                continue;
            }
            let features = such.iter().map(|&at| Features::new(&self.extractor, cut.chunks[at].0, is_long));
            let features: Vec<Features> = features.collect::<Result<_, _>>()?;
            let listener = self.listener(options, says_when(timed, is_long)?)?;
            let said = listener.hear(&features, |at, share| count.add(cut.seconds(such[at]) * share))?;
            such.into_iter().zip(said).for_each(|(at, said)| tokens[at] = said);
        }
        count.finish();

        let mut heard: Vec<Vec<Heard>> = recordings.iter().map(|_| vec![]).collect();
        for ((owner, (samples, chunk)), tokens) in cut.owners.iter().zip(&cut.chunks).zip(tokens) {
            let seconds = samples.len() as f64 / rate as f64;
            let chunk = chunk.stride.map(|stride| (seconds, stride.seconds(rate)));
            heard[*owner].push(Heard { tokens: to_ids(&tokens), chunk });
        }
        let precision = self.window as f64 / rate as f64 / self.settings.max_source_positions as f64;
        let first = self.settings.no_timestamps.map_or(i64::MAX, |token| token + 1);
        let transcriber = Transcriber::new(&self.processor, first, precision, timed == Some(true));
        Ok(heard.iter().map(|chunks| transcriber.transcribe(chunks)).collect::<Result<_, _>>()?)
    }
}

impl WhisperRecognizer {
    pub(super) fn load(model: &Model) -> Result<Self, TaskError> {
        let dir = model.checkpoint().dir();
        let extractor = FeatureExtractor::from_dir(dir)?;
        let window = extractor.window().ok_or_else(|| {
            refused(
                "of models that generate what they hear, those with a WhisperFeatureExtractor are supported; this one \
                 has another",
            )
        })?;
        let settings = Settings::read(model.checkpoint())?;
        let processor = std::sync::Arc::new(TextProcessor::from_dir(dir)?);
        let detokenize = WithSpecialTokens(std::sync::Arc::clone(&processor));
        let model = model.encoder_decoder(SpeechRecognizer::NAME)?.with_text(std::sync::Arc::new(detokenize));
        check_inputs(SpeechRecognizer::NAME, model.encoder(), &[extractor.input()])?;
        Ok(Self { model, settings, extractor, window, processor, batch_size: DEFAULT_BATCH_SIZE })
    }

    /// Whether a call, or the checkpoint, wants timestamps; `None` where neither says.
    fn timestamps(&self, options: &SpeechRecognitionOptions) -> Result<Option<bool>, TaskError> {
        match options.return_timestamps {
            Some(Timestamps::Segment) => match self.settings.no_timestamps {
                Some(_) => Ok(Some(true)),
                None => Err(refused(
                    "return_timestamps: expected no_timestamps_token_id in generation_config.json, found none; update \
                     that file, or leave the option out",
                )),
            },
            Some(Timestamps::Word) => Err(refused(
                "return_timestamps: expected true for a model that generates, found word; when words are said only the \
                 weights of its attention tell, which are not computed",
            )),
            Some(Timestamps::Char) => {
                Err(refused("return_timestamps: expected true for a model that generates, found char"))
            }
            None => Ok(self.settings.return_timestamps),
        }
    }

    fn listener(
        &self,
        options: &SpeechRecognitionOptions,
        timestamps: bool,
    ) -> Result<Listener<'_>, TaskError> {
        let config = self.config(&options.generation);
        if config.num_return_sequences() > 1 {
            let found = config.num_return_sequences();
            return Err(refused(format!("num_return_sequences: expected 1, found {found}")));
        }
        let (language, task) = (options.language.as_deref(), options.task.as_deref());
        let opening = Opening::new(&self.settings, language, task, timestamps).map_err(refused)?;
        Ok(Listener {
            model: &self.model,
            settings: &self.settings,
            input: self.extractor.input(),
            opening,
            timestamps,
            remembers: options.condition_on_prev_tokens.unwrap_or(self.settings.condition_on_prev_tokens),
            config,
            batch_size: self.batch_size,
        })
    }

    /// A call's parameters, then the checkpoint's, then those of the pipeline.
    fn config(&self, call: &GenerationConfig) -> GenerationConfig {
        let set = call.clone().or(self.model.defaults());
        let temperature = call.temperature.filter(|&temperature| temperature > 0.0);
        let drawn = GenerationConfig {
            do_sample: Some(temperature.is_some()),
            temperature: temperature.or(Some(1.0)),
            num_beams: temperature.map(|_| 1),
            ..GenerationConfig::default()
        };
        let beams = GenerationConfig { num_beams: Some(5), ..GenerationConfig::default() };
        with_defaults(drawn.or(&set), &self.processor).or(&beams)
    }
}

/// Whether the model says when it hears what: a recording of several windows cannot be heard without.
fn says_when(timed: Option<bool>, is_long: bool) -> Result<bool, TaskError> {
    match (timed, is_long) {
        (Some(false), true) => Err(refused(
            "return_timestamps: expected true for a recording that is longer than a window, found false, which \
             generation_config.json says; set the option, or cut the recording by chunk_length_s",
        )),
        _ => Ok(timed.unwrap_or(is_long)),
    }
}
