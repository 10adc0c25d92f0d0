//! Hearing recordings window by window: the loop of transformers' `WhisperForConditionalGeneration.generate`.

use super::super::super::error::TaskError;
use super::super::refused;
use super::prompt::Opening;
use super::segments::Window;
use super::settings::{STRIDE, Settings};
use super::windows::{Features, inputs};
use crate::generate::logits::{LogitsProcessor, WhisperTimestamps};
use crate::generate::{Encoded, EncoderDecoder, GenerationConfig};
use crate::scores::argmax;

/// How recordings are heard.
pub(super) struct Listener<'m> {
    pub model: &'m EncoderDecoder,
    pub settings: &'m Settings,
    /// The input of the encoder.
    pub input: &'m str,
    pub opening: Opening,
    /// Whether the model says when.
    pub timestamps: bool,
    /// Whether windows are heard with the text before them in mind.
    pub remembers: bool,
    pub config: GenerationConfig,
    pub batch_size: usize,
}

/// A recording, as far as it was heard.
struct Heard<'f> {
    /// Which of the recordings it is.
    index: usize,
    features: &'f Features,
    /// The frame at which the next window begins.
    seek: usize,
    language: Option<i64>,
    segments: Vec<Vec<i64>>,
    /// How long prompt and text may become together, where no number of new tokens is set.
    max_length: Option<usize>,
}

impl Listener<'_> {
    /// The tokens that each recording becomes. After each window `told` learns which recording it was of, and what share
    /// of that it was.
    ///
    /// # Errors
    /// If generation fails, or the timestamps that a model says do not go on.
    pub(super) fn hear(
        &self,
        recordings: &[Features],
        mut told: impl FnMut(usize, f64),
    ) -> Result<Vec<Vec<i64>>, TaskError> {
        let heard = |(index, features)| Heard {
            index,
            features,
            seek: 0,
            language: None,
            segments: vec![],
            max_length: self.config.max_length.filter(|_| self.config.max_new_tokens.is_none()),
        };
        let mut heard: Vec<Heard<'_>> = recordings.iter().enumerate().map(heard).collect();
        loop {
            let mut open: Vec<&mut Heard<'_>> =
                heard.iter_mut().filter(|heard| heard.seek < heard.features.frames).collect();
            if open.is_empty() {
                break;
            }
            for batch in open.chunks_mut(self.batch_size) {
                let frames = self.hear_windows(batch)?;
                for (heard, frames) in batch.iter().zip(frames) {
                    told(heard.index, frames as f64 / heard.features.frames as f64);
                }
            }
        }
        Ok(heard.into_iter().map(|heard| heard.segments.concat()).collect())
    }

    /// Hears the next window of each recording, and says how many frames were heard of each.
    fn hear_windows(&self, batch: &mut [&mut Heard<'_>]) -> Result<Vec<usize>, TaskError> {
        let windows: Vec<(&Features, usize)> =
            batch.iter().map(|heard| (heard.features, heard.seek)).collect();
        let encoded = self.model.encode(&inputs(&windows, self.frames(), self.input))?;
        // All recordings of a batch are at their beginning, or none is.
        if self.opening.detects_language && batch.iter().any(|heard| heard.language.is_none()) {
            for (heard, language) in batch.iter_mut().zip(self.detect_languages(&encoded)?) {
                heard.language.get_or_insert(language);
            }
        }
        let prompts: Vec<Vec<i64>> = batch.iter().map(|heard| self.prompt(heard)).collect();
        for (heard, prompt) in batch.iter_mut().zip(&prompts) {
            heard.max_length = self.grown(heard.max_length, prompt.len())?;
        }
        // Rows without a mask have to be of one length, and all end at the same one.
        let key = |row: usize| (prompts[row].len(), batch[row].max_length);
        let mut rows: Vec<usize> = (0..batch.len()).collect();
        rows.sort_by_key(|&row| key(row));
        let mut texts = vec![vec![]; batch.len()];
        for group in rows.chunk_by(|&a, &b| key(a) == key(b)) {
            let config = GenerationConfig { max_length: batch[group[0]].max_length, ..self.config.clone() };
            let given: Vec<Vec<i64>> = group.iter().map(|&row| prompts[row].clone()).collect();
            let own = self.timestamp_rules().into_iter().collect();
            let sequences = self.model.generate_with(encoded.take_rows(group), &given, &config, own)?;
            for (&row, sequence) in group.iter().zip(sequences) {
                texts[row] = self.without_end(sequence.new_tokens(), &config);
            }
        }
        let first_timestamp = self.settings.no_timestamps.map_or(i64::MAX, |token| token + 1);
        let mut frames = vec![];
        for (heard, text) in batch.iter_mut().zip(texts) {
            let left = (heard.features.frames - heard.seek).min(self.frames());
            let window = Window::new(&text, first_timestamp, left);
            if window.frames == 0 {
                return Err(refused(
                    "the timestamps that the model says do not go on, so a window never ends",
                ));
            }
            heard.seek += window.frames;
            heard.segments.extend(window.segments);
            frames.push(window.frames);
        }
        Ok(frames)
    }

    /// The frames of a window.
    fn frames(&self) -> usize {
        STRIDE * self.settings.max_source_positions
    }

    /// The likeliest language of each row.
    fn detect_languages(&self, encoded: &Encoded) -> Result<Vec<i64>, TaskError> {
        let known: Vec<i64> =
            self.settings.languages.iter().flat_map(|known| known.values()).copied().collect();
        let likeliest = |scores: Vec<f32>| {
            let mut only = vec![f32::NEG_INFINITY; scores.len()];
            for id in known.iter().filter_map(|&id| usize::try_from(id).ok()).filter(|&id| id < scores.len())
            {
                only[id] = scores[id];
            }
            argmax(&only).unwrap_or(0) as i64
        };
        let logits = self.model.next_logits(encoded, &[self.settings.start])?;
        Ok(logits.into_iter().map(likeliest).collect())
    }

    /// What the text of a window starts with.
    fn prompt(&self, heard: &Heard<'_>) -> Vec<i64> {
        let opening = self.opening.tokens(heard.language);
        if !self.remembers || heard.segments.is_empty() {
            return opening;
        }
        let no_timestamps = self.settings.no_timestamps.unwrap_or(i64::MAX);
        // Of two timestamps at the end of a segment, the second begins the next one.
        let once = |tokens: &Vec<i64>| match tokens[..] {
            [.., before, _] if tokens.len() > 2 && before > no_timestamps => {
                tokens[..tokens.len() - 1].to_vec()
            }
            _ => tokens.clone(),
        };
        let said = heard.segments.iter().map(once).collect::<Vec<_>>().concat();
        let kept = said.len().saturating_sub(self.settings.max_target_positions / 2 - 1);
        [self.settings.previous.as_slice(), &said[kept..], &opening].concat()
    }

    /// How long prompt and text may become, each time that a window is heard: the prompt longer than the time before.
    fn grown(&self, max_length: Option<usize>, prompt: usize) -> Result<Option<usize>, TaskError> {
        let most = self.settings.max_target_positions;
        let new = self.config.max_new_tokens.unwrap_or(0);
        if new + prompt > most {
            return Err(refused(format!(
                "max_new_tokens: expected at most {} behind {prompt} tokens, since the decoder has {most} positions, \
                 found {new}",
                most.saturating_sub(prompt)
            )));
        }
        Ok(max_length.map(|length| (length + prompt.min(most / 2 - 1)).min(most)))
    }

    fn timestamp_rules(&self) -> Option<Box<dyn LogitsProcessor>> {
        let no_timestamps = self.settings.no_timestamps.filter(|_| self.timestamps)?;
        Some(Box::new(WhisperTimestamps {
            no_timestamps,
            end: self.settings.end.unwrap_or(0),
            max_initial: self.settings.max_initial_timestamp,
        }))
    }

    /// A text without padding and the token that ended it.
    fn without_end(&self, tokens: &[i64], config: &GenerationConfig) -> Vec<i64> {
        let pad = config.pad_token_id.or(self.settings.end);
        let mut text = tokens.to_vec();
        if text.last().is_some_and(|last| Some(*last) == pad) {
            // transformers takes off as many tokens as there are of padding, wherever it stands.
            let padding = text.iter().filter(|token| Some(**token) == pad).count();
            let kept_end = usize::from(pad == self.settings.end);
            text.truncate(text.len() - (padding - kept_end));
        }
        if text.last().is_some_and(|last| Some(*last) == self.settings.end) {
            text.pop();
        }
        text
    }
}
