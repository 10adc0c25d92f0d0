//! How tokens make words.

use tokenizers::{Decoder, ModelWrapper};

use super::TextProcessor;

impl TextProcessor {
    /// The text of tokens as the vocabulary writes them (`convert_tokens_to_string`).
    pub fn join_tokens(&self, tokens: &[&str]) -> String {
        let owned = tokens.iter().map(|&token| token.to_owned()).collect();
        // A decoder fails for tokens that it did not make; side by side they still are what the model saw.
        let decoded = self.tokenizer.get_decoder().and_then(|decoder| decoder.decode(owned).ok());
        decoded.unwrap_or_else(|| tokens.join(" "))
    }

    /// Whether tokens that continue a word carry a mark, such as WordPiece's `##`.
    pub fn marks_continuations(&self) -> bool {
        match self.tokenizer.get_model() {
            ModelWrapper::WordPiece(model) => !model.continuing_subword_prefix.is_empty(),
            ModelWrapper::BPE(model) => {
                model.continuing_subword_prefix.as_ref().is_some_and(|prefix| !prefix.is_empty())
            }
            ModelWrapper::WordLevel(_) | ModelWrapper::Unigram(_) => false,
        }
    }
}
