//! Texts in, outputs of a text model out.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::batch::{RowOutputs, Runner, TEXT_INPUTS};
use super::error::TaskError;
use super::settings::TextSettings;
use crate::ir::Request;
use crate::load::Model;
use crate::processors::text::{
    EncodeOptions, EncodedText, OverLong, Role, TextInput, TextProcessor, Truncation,
};

/// A text model with its tokenizer.
#[derive(Clone)]
pub(super) struct TextModel {
    task: &'static str,
    runner: Runner,
    processor: Arc<TextProcessor>,
    /// What rows are padded with; without it only texts of equal length run together.
    pad: Option<u32>,
    /// To how many tokens texts are cut, and how many positions the model has; `None`: any number.
    max_length: Option<usize>,
    max_positions: Option<usize>,
    /// Whether texts are cut even if a call does not ask for it.
    cuts: bool,
}

impl TextModel {
    /// Loads the model for `task`, of which only `outputs` are computed.
    pub(super) fn load(task: &'static str, model: &Model, outputs: &[&str]) -> Result<Self, TaskError> {
        let processor = Arc::new(TextProcessor::from_dir(model.checkpoint().dir())?);
        let given = &processor.settings().model_input_names;
        let optional = ["attention_mask", "token_type_ids"].map(str::to_owned);
        // Without a mask nothing could be padded, so it is given whatever the tokenizer says.
        let inputs =
            optional.into_iter().filter(|name| name == "attention_mask" || given.contains(name)).collect();
        let outputs = outputs.iter().map(|&output| output.to_owned()).collect();
        let program = model.program(task, &Request { inputs, outputs, ..Request::default() })?;
        let max_positions = model.checkpoint().config_reader()?.opt_usize("max_position_embeddings")?;
        let model_max_length = processor.settings().model_max_length;
        Ok(Self {
            task,
            runner: Runner::new(task, program, &TEXT_INPUTS)?,
            // Under a mask any token pads as well as any other.
            pad: Some(processor.special_id(Role::Pad).unwrap_or(0)),
            max_length: least(model_max_length, max_positions),
            max_positions: max_positions.or(model_max_length),
            cuts: false,
            processor,
        })
    }

    /// Sets that rows are padded with what `model`'s config says; without that only texts of equal length run
    /// together. Decoders classify by the last token that is no such padding.
    pub(super) fn padded_as_config(mut self, model: &Model) -> Result<Self, TaskError> {
        let pad = model.checkpoint().config_reader()?.opt_i64("pad_token_id")?;
        self.pad = pad.and_then(|pad| u32::try_from(pad).ok());
        Ok(self)
    }

    /// Lowers the number of tokens to which texts are cut.
    pub(super) fn with_max_length(mut self, length: Option<usize>) -> Self {
        self.max_length = least(self.max_length, length);
        self
    }

    /// Applies settings.
    pub(super) fn with_settings(self, settings: TextSettings) -> Self {
        let length = settings.max_length.map(NonZeroUsize::get);
        Self { cuts: length.is_some(), ..self }.with_max_length(length)
    }

    /// Sets how many texts run together at most.
    pub(super) fn with_batch_size(mut self, size: usize) -> Self {
        self.runner = self.runner.with_batch_size(size);
        self
    }

    /// The tokenizer.
    pub(super) fn processor(&self) -> &TextProcessor {
        &self.processor
    }

    /// To how many tokens texts are cut; `None`: any number fits.
    pub(super) fn max_length(&self) -> Option<usize> {
        self.max_length
    }

    /// How texts are cut to what the model takes, if they are.
    pub(super) fn cutting(&self, truncate: bool) -> EncodeOptions {
        let truncation = match self.max_length {
            Some(_) if truncate || self.cuts => Truncation::LongestFirst,
            _ => Truncation::Off,
        };
        EncodeOptions { truncation, max_length: self.max_length, ..EncodeOptions::default() }
    }

    /// Encodes texts; where windows are kept, their `sample` is the position of the text.
    pub(super) fn encode<'t>(
        &self,
        texts: impl IntoIterator<Item = impl Into<TextInput<'t>>>,
        options: &EncodeOptions,
    ) -> Result<Vec<EncodedText>, TaskError> {
        let texts: Vec<TextInput<'t>> = texts.into_iter().map(Into::into).collect();
        // What a model really takes are its positions, of which there may be more than its tokenizer knows.
        let options = EncodeOptions { over_long: OverLong::Allow, ..*options };
        let rows = self.processor.encode(&texts, &options)?.into_rows();
        let limit = self.max_positions.unwrap_or(usize::MAX);
        match rows.iter().find(|row| !(1..=limit).contains(&row.ids.len())) {
            None => Ok(rows),
            Some(row) => {
                let problem = match row.ids.len() {
                    0 => "expected a text, found one without any token".to_owned(),
                    length => format!(
                        "expected at most {limit} tokens, which is what the model takes, found {length}; shorten the \
                         text, or set truncation to cut it"
                    ),
                };
                Err(TaskError::Input { task: self.task, index: row.sample, problem })
            }
        }
    }

    /// Runs encoded texts and hands each one's outputs to `finish`; results come in the order of `texts`.
    pub(super) fn run<T>(
        &self,
        texts: &[EncodedText],
        finish: impl FnMut(usize, RowOutputs<'_>) -> Result<T, TaskError>,
    ) -> Result<Vec<T>, TaskError> {
        self.runner.run_texts(texts, self.pad, finish)
    }
}

/// The smaller of two limits.
fn least(a: Option<usize>, b: Option<usize>) -> Option<usize> {
    a.into_iter().chain(b).min()
}

/// A text that is cut by characters.
pub(super) struct CharText<'a> {
    text: &'a str,
    /// Where each character starts, and where the last one ends, in bytes.
    starts: Vec<usize>,
}

impl<'a> CharText<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let starts = text.char_indices().map(|(start, _)| start).chain([text.len()]).collect();
        Self { text, starts }
    }

    /// The characters from `start` up to `end`, as far as there are any.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        let byte = |at: usize| self.starts.get(at).copied().unwrap_or(self.text.len());
        self.text.get(byte(start)..byte(end)).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_count_characters() {
        let text = CharText::new("naïve 😀!");
        assert_eq!(text.slice(2, 5), "ïve");
        assert_eq!(text.slice(6, 7), "😀");
        assert_eq!((text.slice(7, 99), text.slice(5, 2)), ("!", ""));
    }
}
