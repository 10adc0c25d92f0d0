//! Texts in, outputs of a text model out.

use super::batch::{RowOutputs, Runner, TEXT_INPUTS};
use super::error::TaskError;
use super::settings::{Adjustable, TextSettings};
use super::text_encoder::TextEncoder;
use crate::ir::Request;
use crate::load::Model;
use crate::processors::text::{EncodeOptions, EncodedText, TextInput, TextProcessor};

/// A text model with its tokenizer.
#[derive(Clone)]
pub(super) struct TextModel {
    runner: Runner,
    encoder: TextEncoder,
    /// What rows are padded with; without it only texts of equal length run together.
    pad: Option<u32>,
}

impl TextModel {
    /// Loads the model for `task`, of which only `outputs` are computed.
    pub(super) fn load(task: &'static str, model: &Model, outputs: &[&str]) -> Result<Self, TaskError> {
        let encoder = TextEncoder::load(task, model)?.limited_by_tokenizer();
        let given = &encoder.processor().settings().model_input_names;
        let optional = ["attention_mask", "token_type_ids"].map(str::to_owned);
        // Without a mask nothing could be padded, so it is given whatever the tokenizer says.
        let inputs =
            optional.into_iter().filter(|name| name == "attention_mask" || given.contains(name)).collect();
        let outputs = outputs.iter().map(|&output| output.to_owned()).collect();
        let program = model.program(task, &Request { inputs, outputs, ..Request::default() })?;
        Ok(Self { runner: Runner::new(task, program, &TEXT_INPUTS)?, pad: Some(encoder.pad()), encoder })
    }

    /// Sets that rows are padded with what `model`'s config says; without that only texts of equal length run
    /// together. Decoders classify by the last token that is no such padding.
    pub(super) fn padded_as_config(mut self, model: &Model) -> Result<Self, TaskError> {
        let pad = model.checkpoint().config_reader()?.opt_i64("pad_token_id")?;
        self.pad = pad.and_then(|pad| u32::try_from(pad).ok());
        Ok(self)
    }

    /// Lowers the number of tokens to which texts are cut.
    pub(super) fn lower_max_length(&mut self, length: Option<usize>) {
        self.encoder.lower_max_length(length);
    }

    /// The tokenizer.
    pub(super) fn processor(&self) -> &TextProcessor {
        self.encoder.processor()
    }

    /// To how many tokens texts are cut; `None`: any number fits.
    pub(super) fn max_length(&self) -> Option<usize> {
        self.encoder.max_length()
    }

    /// How texts are cut to what the model takes, if they are.
    pub(super) fn cutting(&self, truncate: bool) -> EncodeOptions {
        self.encoder.cutting(truncate)
    }

    /// Encodes texts; where windows are kept, their `sample` is the position of the text.
    pub(super) fn encode<'t>(
        &self,
        texts: impl IntoIterator<Item = impl Into<TextInput<'t>>>,
        options: &EncodeOptions,
    ) -> Result<Vec<EncodedText>, TaskError> {
        self.encoder.encode(texts, options)
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

impl Adjustable<TextSettings> for TextModel {
    fn apply(&mut self, settings: &TextSettings) {
        self.encoder.apply(*settings);
    }

    fn set_batch_size(&mut self, size: usize) {
        self.runner.set_batch_size(size);
    }
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
