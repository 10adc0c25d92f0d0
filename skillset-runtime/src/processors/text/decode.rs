//! Decoding token ids, all at once or as they come.

use tokenizers::{DecoderWrapper, ModelWrapper};

use super::TextProcessor;
use crate::processors::ProcessorError;

impl TextProcessor {
    /// The text of token ids. Ids beyond the vocabulary have no text.
    pub fn decode(&self, ids: &[u32], skip_special_tokens: bool) -> Result<String, ProcessorError> {
        let text = self.tokenizer.decode(ids, skip_special_tokens);
        let text = text.map_err(|e| ProcessorError::Text(format!("token ids cannot be decoded: {e}")))?;
        Ok(if self.cleans_up() { clean_up(&text) } else { text })
    }

    /// A decoder for ids that arrive one at a time.
    pub fn stream(&self, skip_special_tokens: bool) -> TextStream<'_> {
        // Cleaning up joins words across tokens, so text is final only some way before the end.
        let word_pieces = matches!(self.tokenizer.get_decoder(), Some(DecoderWrapper::WordPiece(_)));
        let joins = word_pieces || self.cleans_up();
        let (ids, emitted) = (Vec::new(), String::new());
        TextStream { processor: self, skip_special_tokens, joins, ids, emitted, start: 0, read: 0 }
    }

    /// As [`stream`](Self::stream), for ids behind `before`, whose text is no part of the stream's.
    pub fn stream_behind(
        &self,
        before: &[u32],
        skip_special_tokens: bool,
    ) -> Result<TextStream<'_>, ProcessorError> {
        let emitted = self.decode(before, skip_special_tokens)?;
        Ok(TextStream {
            ids: before.to_vec(),
            emitted,
            read: before.len(),
            ..self.stream(skip_special_tokens)
        })
    }

    /// Whether a token stands for a byte, as those of what sentencepiece's vocabularies lack (`<0x0A>`).
    fn is_byte(&self, id: u32) -> bool {
        let token = self.id_to_token(id).unwrap_or_default();
        token.len() == 6 && token.starts_with("<0x") && token.ends_with('>')
    }

    /// transformers never cleans up after BPE, whose spaces are part of the text.
    fn cleans_up(&self) -> bool {
        self.settings.clean_up_tokenization_spaces
            && !matches!(self.tokenizer.get_model(), ModelWrapper::BPE(_))
    }
}

/// Removes the spaces before punctuation and within contractions.
pub(super) fn clean_up(text: &str) -> String {
    const JOINED: [(&str, &str); 10] = [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" 's", "'s"),
        (" 've", "'ve"),
        (" 're", "'re"),
    ];
    JOINED.iter().fold(text.to_owned(), |text, (apart, joined)| text.replace(apart, joined))
}

/// Decodes ids one at a time. It yields whole characters only, and the pieces together are exactly what
/// [`TextProcessor::decode`] makes of all ids, behind what it makes of those before the stream.
#[derive(Debug, Clone)]
pub struct TextStream<'a> {
    processor: &'a TextProcessor,
    skip_special_tokens: bool,
    /// Whether later tokens can change the text of earlier ones.
    joins: bool,
    ids: Vec<u32>,
    emitted: String,
    /// The ids from `start` are decoded again with each new id, since a token's text depends on its left
    /// neighbours (a first token loses its space). Those before `read` are emitted.
    start: usize,
    read: usize,
}

impl TextStream<'_> {
    /// Takes the next id; returns the text that is now certain, if any.
    pub fn push(&mut self, id: u32) -> Result<Option<String>, ProcessorError> {
        self.ids.push(id);
        if self.processor.is_byte(id) {
            // Bytes become characters, or none of a run of them does: the token behind it tells.
            return Ok(None);
        }
        if self.joins {
            return self.push_joining();
        }
        let before = self.decode(&self.ids[self.start..self.read])?;
        let now = self.decode(&self.ids[self.start..])?;
        // A replacement character at the end may be the first bytes of a character that is still to come.
        let Some(new) = now.strip_prefix(&before).filter(|new| !new.is_empty() && !new.ends_with('\u{fffd}'))
        else {
            return Ok(None);
        };
        self.emitted.push_str(new);
        (self.start, self.read) = (self.read, self.ids.len());
        Ok(Some(new.to_owned()))
    }

    /// Ends the stream; returns the text that was still held back.
    pub fn finish(self) -> Result<Option<String>, ProcessorError> {
        let all = self.decode(&self.ids)?;
        // Pieces of a decoder that is not consistent with itself cannot be taken back; what is left of the
        // whole text behind as many bytes is then the best continuation.
        let rest = all.strip_prefix(&self.emitted).or_else(|| all.get(self.emitted.len()..));
        Ok(rest.filter(|rest| !rest.is_empty()).map(str::to_owned))
    }

    fn push_joining(&mut self) -> Result<Option<String>, ProcessorError> {
        /// Longer than any piece of text that cleaning up changes.
        const HELD_BACK: usize = 8;
        let all = self.decode(&self.ids)?;
        let certain = all.char_indices().rev().nth(HELD_BACK).map_or(0, |(i, _)| i);
        let new = all[..certain].strip_prefix(&self.emitted).filter(|new| !new.is_empty()).map(str::to_owned);
        self.emitted.push_str(new.as_deref().unwrap_or_default());
        Ok(new)
    }

    fn decode(&self, ids: &[u32]) -> Result<String, ProcessorError> {
        self.processor.decode(ids, self.skip_special_tokens)
    }
}
