//! From the tokens of a recording's chunks to its text: `_decode_asr` of transformers' `tokenization_whisper`.

use std::collections::HashSet;

use super::super::{TimedText, Transcription};
use super::{languages, overlap};
use crate::processors::ProcessorError;
use crate::processors::text::TextProcessor;

/// How many positions a window has for the class, whatever the model's are.
const POSITIONS: f64 = 1500.0;

/// What a model said of one chunk.
pub(super) struct Heard {
    /// The tokens behind its prompt, the end left out.
    pub tokens: Vec<u32>,
    /// How long the chunk is and how much of it at the left and at the right is context, in seconds; none of a
    /// recording that was not cut.
    pub chunk: Option<(f64, [f64; 2])>,
}

/// What makes texts of tokens.
pub(super) struct Transcriber<'p> {
    processor: &'p TextProcessor,
    special: HashSet<u32>,
    /// The token of the first timestamp.
    first: u32,
    /// Seconds from one timestamp to the next.
    precision: f64,
    timestamps: bool,
}

/// A text that is being put together.
#[derive(Default)]
struct Open {
    timestamp: [Option<f64>; 2],
    /// What overlapping chunks say of it.
    texts: Vec<Vec<u32>>,
}

/// What is known of the chunks that were read.
#[derive(Default)]
struct State {
    done: Vec<TimedText>,
    open: Open,
    /// Where the chunk at hand begins, in seconds.
    offset: f64,
    /// Whether the next timestamp belongs to one that was passed over.
    skips: bool,
    language: Option<String>,
}

impl<'p> Transcriber<'p> {
    /// `first` is the token of the first timestamp; beyond 32 bits no token is one.
    pub(super) fn new(processor: &'p TextProcessor, first: i64, precision: f64, timestamps: bool) -> Self {
        let first = u32::try_from(first).unwrap_or(u32::MAX);
        Self { processor, special: processor.special_ids().collect(), first, precision, timestamps }
    }

    /// The text of a recording, of which `chunks` follow each other.
    ///
    /// # Errors
    /// If tokens cannot be decoded.
    pub(super) fn transcribe(&self, chunks: &[Heard]) -> Result<Transcription, ProcessorError> {
        let mut state = State::default();
        for chunk in chunks {
            self.read(chunk, &mut state)?;
        }
        if !state.open.texts.is_empty() {
            self.close(&mut state)?;
        }
        let text = state.done.iter().map(|part| part.text.as_str()).collect();
        Ok(Transcription { text, chunks: self.timestamps.then_some(state.done) })
    }

    fn read(&self, heard: &Heard, state: &mut State) -> Result<(), ProcessorError> {
        let (length, [left, right]) = heard.chunk.unwrap_or_default();
        state.offset -= left;
        // Timestamps in the context are not split at; what is said there is resolved with the neighbour.
        let first_kept = f64::from(self.first) + left / self.precision;
        let first_skipped =
            (right > 0.0).then(|| self.first_in_context(&heard.tokens, length - right)).flatten();
        let mut current = vec![];
        // Of windows that were heard one behind the other, each counts from 0.
        let (mut latest, mut before_latest, mut windows) = (0.0, 0.0, 0.0);
        for (index, &token) in heard.tokens.iter().enumerate() {
            if self.special.contains(&token) {
                self.note_language(token, &mut current, state)?;
                continue;
            }
            if token < self.first {
                current.push(token);
                continue;
            }
            let timestamp = self.seconds(token);
            if timestamp < latest {
                let both =
                    index >= 2 && heard.tokens[index - 2..index].iter().all(|&token| token >= self.first);
                if index >= 2 && !both {
                    windows += self.precision * POSITIONS;
                } else {
                    latest = before_latest;
                    windows += before_latest;
                }
            }
            (before_latest, latest) = (latest, timestamp);
            let time = hundredths(timestamp + state.offset + windows);
            if first_skipped.is_some_and(|skipped| token >= skipped) {
                // They come in pairs, so the next one is passed over too.
                state.skips = true;
            } else if state.skips || (!state.open.texts.is_empty() && f64::from(token) < first_kept) {
                state.skips = false;
            } else if state.open.timestamp[0].is_none() {
                state.open.timestamp[0] = Some(time);
            } else if state.open.timestamp[0] != Some(time) {
                state.open.timestamp[1] = Some(time);
                state.open.texts.push(std::mem::take(&mut current));
                self.close(state)?;
            }
        }
        state.offset += length - right;
        if !current.is_empty() {
            state.open.texts.push(current);
        } else if state.open.texts.iter().all(Vec::is_empty) {
            state.open = Open::default();
        }
        Ok(())
    }

    /// A token that is no text: where it is that of another language, and nothing else tells where to split, another
    /// text begins.
    fn note_language(
        &self,
        token: u32,
        current: &mut Vec<u32>,
        state: &mut State,
    ) -> Result<(), ProcessorError> {
        let text = self.processor.id_to_token(token).unwrap_or_default();
        let code = text.get(2..text.len().saturating_sub(2)).unwrap_or_default();
        if !languages::is_code(code) {
            return Ok(());
        }
        if !self.timestamps && state.language.as_deref().is_some_and(|language| language != code) {
            state.open.texts.push(std::mem::take(current));
            self.close(state)?;
        }
        state.language = Some(code.to_owned());
        Ok(())
    }

    /// The first of the timestamps in the right context, or the last one before it if there is no more.
    fn first_in_context(&self, tokens: &[u32], context: f64) -> Option<u32> {
        let mut found = None;
        for &token in tokens.iter().rev().filter(|token| **token >= self.first) {
            if found.is_some() && self.seconds(token) < context {
                break;
            }
            found = Some(token);
        }
        // As in Python, 0 is as good as none.
        found.filter(|&token| token != 0)
    }

    /// Ends the open text and begins another.
    fn close(&self, state: &mut State) -> Result<(), ProcessorError> {
        let Open { timestamp, texts } = std::mem::take(&mut state.open);
        let text = self.processor.decode(&overlap::join(&texts), false)?;
        state.done.push(TimedText { text, timestamp });
        Ok(())
    }

    /// When the token of a timestamp says it is, in its window.
    fn seconds(&self, token: u32) -> f64 {
        f64::from(token - self.first) * self.precision
    }
}

/// Rounds as Python does: correctly, for the decimal digits.
fn hundredths(seconds: f64) -> f64 {
    format!("{seconds:.2}").parse().unwrap_or(seconds)
}
