//! Encoding texts.

use rayon::prelude::*;
use tokenizers::utils::padding::PaddingDirection;
use tokenizers::{Encoding, PostProcessor};

use super::TextProcessor;
use super::batch::{Batch, EncodedText};
use super::offsets::CharIndex;
use super::settings::{Role, Side};
use super::truncate::{Truncation, truncate};
use crate::processors::ProcessorError;

/// One input: a text, or two texts that the model reads together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextInput<'a> {
    /// One text.
    Single(&'a str),
    /// Two texts, such as a question and its context.
    Pair(&'a str, &'a str),
}

impl<'a> From<&'a str> for TextInput<'a> {
    fn from(text: &'a str) -> Self {
        Self::Single(text)
    }
}

impl<'a> From<&'a String> for TextInput<'a> {
    fn from(text: &'a String) -> Self {
        Self::Single(text)
    }
}

impl<'a> From<(&'a str, &'a str)> for TextInput<'a> {
    fn from((first, second): (&'a str, &'a str)) -> Self {
        Self::Pair(first, second)
    }
}

/// What short inputs are filled up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Padding {
    /// Nothing: rows may differ in length.
    #[default]
    Off,
    /// The longest row of the batch.
    Longest,
    /// `max_length`, or the model's longest input; nothing if neither is known.
    MaxLength,
}

/// What to do with an input that stays longer than the model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OverLong {
    /// Report an error.
    #[default]
    Refuse,
    /// Let it pass, as transformers does with a warning: some models take more than they say.
    Allow,
}

/// How to encode. The default adds special tokens, neither cuts nor pads, and refuses over-long inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodeOptions {
    /// Add the special tokens of the model, such as `[CLS]` and `[SEP]`.
    pub add_special_tokens: bool,
    /// Which text is cut.
    pub truncation: Truncation,
    /// What length texts are cut and padded to, special tokens included; the model's longest input if `None`.
    pub max_length: Option<usize>,
    /// How many tokens neighbouring windows share.
    pub stride: usize,
    /// Keep what was cut off as further windows, instead of dropping it.
    pub overflow: bool,
    /// What short inputs are filled up to.
    pub padding: Padding,
    /// Where padding goes; as the checkpoint says if `None`.
    pub padding_side: Option<Side>,
    /// Round padded lengths up to a multiple of this.
    pub pad_to_multiple_of: Option<usize>,
    /// What to do with inputs longer than the model takes.
    pub over_long: OverLong,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        Self {
            add_special_tokens: true,
            truncation: Truncation::Off,
            max_length: None,
            stride: 0,
            overflow: false,
            padding: Padding::Off,
            padding_side: None,
            pad_to_multiple_of: None,
            over_long: OverLong::Refuse,
        }
    }
}

impl TextProcessor {
    /// Encodes a batch, in order, as the tokenizer's call in transformers does. With
    /// [`overflow`](EncodeOptions::overflow) an input may become several rows.
    pub fn encode(&self, inputs: &[TextInput<'_>], options: &EncodeOptions) -> Result<Batch, ProcessorError> {
        let one = |(i, input): (usize, &TextInput<'_>)| {
            self.encode_one(i, *input, options).map_err(|e| ProcessorError::Text(format!("text {i}: {e}")))
        };
        let rows = inputs.par_iter().enumerate().map(one).collect::<Result<Vec<_>, _>>()?;
        let mut rows: Vec<_> = rows.into_iter().flatten().collect();
        self.pad(&mut rows, options)?;
        Ok(Batch::new(rows.into_iter().map(Row::finish).collect(), self.settings.model_input_names.clone()))
    }

    fn encode_one(
        &self,
        sample: usize,
        input: TextInput<'_>,
        options: &EncodeOptions,
    ) -> Result<Vec<Row>, String> {
        let (first, second) = match input {
            TextInput::Single(text) => (text, None),
            TextInput::Pair(first, second) => (first, Some(second)),
        };
        let tokenize = |text: &str| self.tokenizer.encode(text, false).map_err(|e| e.to_string());
        let mut first_encoding = tokenize(first)?;
        let mut second_encoding = second.map(tokenize).transpose()?;
        if let Some(second) = &mut second_encoding {
            // Before truncation: post-processors set the types of what stays, not of the windows cut off.
            second.set_type_ids(vec![1; second.len()]);
        }
        let added = match &self.post_processor {
            Some(processor) if options.add_special_tokens => processor.added_tokens(second.is_some()),
            _ => 0,
        };
        if let Some(limit) = options.max_length.or(self.settings.model_max_length) {
            let limit = limit.checked_sub(added).ok_or_else(|| {
                format!("max_length: expected at least the {added} special tokens, found {limit}")
            })?;
            let (strategy, side) = (options.truncation, self.settings.truncation_side);
            truncate(&mut first_encoding, second_encoding.as_mut(), strategy, limit, options.stride, side)?;
        }
        let mut encoding = self.post_process(first_encoding, second_encoding, options.add_special_tokens)?;
        let overflow = encoding.take_overflowing();
        if let Some(limit) = self.settings.model_max_length
            && options.over_long == OverLong::Refuse
            && encoding.len() > limit
        {
            let length = encoding.len();
            return Err(format!(
                "expected at most the {limit} tokens that the model takes, found {length}; shorten the text or turn \
                 truncation on"
            ));
        }
        let texts = [Some(first), second].map(|text| text.map(CharIndex::new));
        let texts = std::sync::Arc::new(texts);
        let overflow = overflow.into_iter().filter(|_| options.overflow);
        let rows = std::iter::once(encoding).chain(overflow);
        Ok(rows.map(|encoding| Row { sample, encoding, texts: texts.clone() }).collect())
    }

    /// Joins the sequences and adds the special tokens.
    fn post_process(
        &self,
        first: Encoding,
        second: Option<Encoding>,
        add_special_tokens: bool,
    ) -> Result<Encoding, String> {
        if let Some(processor) = &self.post_processor {
            return processor.process(first, second, add_special_tokens).map_err(|e| e.to_string());
        }
        let Some(second) = second else { return Ok(first) };
        let joined = <dyn PostProcessor>::default_process(vec![first, second], add_special_tokens);
        Ok(Encoding::merge(joined.map_err(|e| e.to_string())?, false))
    }

    fn pad(&self, rows: &mut [Row], options: &EncodeOptions) -> Result<(), ProcessorError> {
        let length = match options.padding {
            Padding::Off => return Ok(()),
            Padding::Longest => rows.iter().map(|row| row.encoding.len()).max(),
            Padding::MaxLength => options.max_length.or(self.settings.model_max_length),
        };
        let Some(mut length) = length else { return Ok(()) };
        if let Some(multiple) = options.pad_to_multiple_of.filter(|&multiple| multiple > 0) {
            length = length.next_multiple_of(multiple);
        }
        let token = self.special_token(Role::Pad);
        let (Some(token), Some(id)) = (token, self.special_id(Role::Pad)) else {
            return Err(ProcessorError::Text(
                "padding is on, but the tokenizer has no padding token; add \"pad_token\" to \
                 tokenizer_config.json (often the eos token), or encode the texts one by one"
                    .to_owned(),
            ));
        };
        let direction = match options.padding_side.unwrap_or(self.settings.padding_side) {
            Side::Left => PaddingDirection::Left,
            Side::Right => PaddingDirection::Right,
        };
        for row in rows {
            row.encoding.pad(length, id, self.settings.pad_token_type_id, token, direction);
        }
        Ok(())
    }
}

/// A row on its way to an [`EncodedText`].
struct Row {
    sample: usize,
    encoding: Encoding,
    texts: std::sync::Arc<[Option<CharIndex>; 2]>,
}

impl Row {
    fn finish(self) -> EncodedText {
        let Self { sample, encoding, texts } = self;
        let sequence_ids = encoding.get_sequence_ids();
        let char_offset = |(&offsets, sequence): (&(usize, usize), &Option<usize>)| {
            let text = sequence.and_then(|sequence| texts.get(sequence)?.as_ref());
            text.map_or(offsets, |text| text.range(offsets))
        };
        let byte_offsets = encoding.get_offsets().to_vec();
        EncodedText {
            sample,
            char_offsets: byte_offsets.iter().zip(&sequence_ids).map(char_offset).collect(),
            byte_offsets,
            ids: encoding.get_ids().to_vec(),
            type_ids: encoding.get_type_ids().to_vec(),
            attention_mask: encoding.get_attention_mask().to_vec(),
            special_tokens_mask: encoding.get_special_tokens_mask().to_vec(),
            word_ids: encoding.get_word_ids().to_vec(),
            tokens: encoding.get_tokens().to_vec(),
            sequence_ids,
        }
    }
}
