//! Texts to tokens, within what a model takes.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::error::TaskError;
use super::settings::TextSettings;
use crate::load::Model;
use crate::processors::text::{
    EncodeOptions, EncodedText, OverLong, Role, TextInput, TextProcessor, Truncation,
};

/// A checkpoint's tokenizer and how long the texts of its model may be.
#[derive(Clone)]
pub(super) struct TextEncoder {
    task: &'static str,
    processor: Arc<TextProcessor>,
    /// To how many tokens texts are cut, and how many positions the model has; `None`: any number.
    max_length: Option<usize>,
    max_positions: Option<usize>,
    /// Whether texts are cut even if a call does not ask for it.
    cuts: bool,
}

impl TextEncoder {
    /// The tokenizer of `model`.
    pub(super) fn load(task: &'static str, model: &Model) -> Result<Self, TaskError> {
        let processor = Arc::new(TextProcessor::from_dir(model.checkpoint().dir())?);
        let max_positions = model.checkpoint().config_reader()?.opt_usize("max_position_embeddings")?;
        let model_max_length = processor.settings().model_max_length;
        Ok(Self {
            task,
            max_length: least(model_max_length, max_positions),
            max_positions,
            cuts: false,
            processor,
        })
    }

    /// Sets that a model whose config does not say how many positions it has takes no more than its tokenizer says.
    pub(super) fn limited_by_tokenizer(mut self) -> Self {
        self.max_positions = self.max_positions.or(self.processor.settings().model_max_length);
        self
    }

    /// Lowers the number of tokens to which texts are cut.
    pub(super) fn lower_max_length(&mut self, length: Option<usize>) {
        self.max_length = least(self.max_length, length);
    }

    /// Applies settings.
    pub(super) fn apply(&mut self, settings: TextSettings) {
        let length = settings.max_length.map(NonZeroUsize::get);
        self.cuts = length.is_some();
        self.lower_max_length(length);
    }

    /// The tokenizer.
    pub(super) fn processor(&self) -> &Arc<TextProcessor> {
        &self.processor
    }

    /// What rows are padded with: under a mask any token pads as well as any other.
    pub(super) fn pad(&self) -> u32 {
        self.processor.special_id(Role::Pad).unwrap_or(0)
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
        self.encode_marked(texts, options, |_| {})
    }

    /// As [`encode`](Self::encode); `mark` adds tokens that no post-processor does.
    pub(super) fn encode_marked<'t>(
        &self,
        texts: impl IntoIterator<Item = impl Into<TextInput<'t>>>,
        options: &EncodeOptions,
        mark: impl FnMut(&mut EncodedText),
    ) -> Result<Vec<EncodedText>, TaskError> {
        let texts: Vec<TextInput<'t>> = texts.into_iter().map(Into::into).collect();
        // What a model really takes are its positions, of which there may be more than its tokenizer knows.
        let options = EncodeOptions { over_long: OverLong::Allow, ..*options };
        let mut rows = self.processor.encode(&texts, &options)?.into_rows();
        rows.iter_mut().for_each(mark);
        let limit = self.max_positions.unwrap_or(usize::MAX);
        let Some(row) = rows.iter().find(|row| !(1..=limit).contains(&row.ids.len())) else {
            return Ok(rows);
        };
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

/// The smaller of two limits.
fn least(a: Option<usize>, b: Option<usize>) -> Option<usize> {
    a.into_iter().chain(b).min()
}
