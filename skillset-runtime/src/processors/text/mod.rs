//! Texts to token ids and back, by a checkpoint's `tokenizer.json`.
//!
//! The `tokenizers` crate tokenizes; this module adds what transformers' fast tokenizers add around it: special
//! tokens by role, defaults of the tokenizer classes, truncation with windows, padding, and the model's inputs.
//! Truncation and padding are arguments of each call here, not state of the tokenizer, so one [`TextProcessor`]
//! serves any number of threads.

mod batch;
mod classes;
mod ctc;
mod decode;
mod encode;
mod load;
mod offsets;
mod settings;
#[cfg(test)]
mod tests;
mod truncate;
mod words;

pub use batch::{Batch, EncodedText, InputTensor};
pub use ctc::{CtcSpan, CtcTokenizer};
pub use decode::TextStream;
pub use encode::{EncodeOptions, OverLong, Padding, TextInput};
pub use settings::{Role, Side, TextSettings};
pub use truncate::Truncation;

use tokenizers::{PostProcessorWrapper, Tokenizer};

/// Encodes and decodes text as one checkpoint's tokenizer does.
#[derive(Debug, Clone)]
pub struct TextProcessor {
    /// Without its post-processor, truncation and padding, which are applied here.
    tokenizer: Tokenizer,
    /// Adds the special tokens.
    post_processor: Option<PostProcessorWrapper>,
    settings: TextSettings,
}

impl TextProcessor {
    /// The settings: special tokens, limits and sides.
    pub fn settings(&self) -> &TextSettings {
        &self.settings
    }

    /// The id of a token, whether of the vocabulary or added.
    pub fn token_to_id(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// The token of an id.
    pub fn id_to_token(&self, id: u32) -> Option<String> {
        self.tokenizer.id_to_token(id)
    }

    /// The special token of a role.
    pub fn special_token(&self, role: Role) -> Option<&str> {
        self.settings.special_token(role)
    }

    /// The id of a role's special token.
    pub fn special_id(&self, role: Role) -> Option<u32> {
        self.special_token(role).and_then(|token| self.token_to_id(token))
    }

    /// The ids of all special tokens.
    pub fn special_ids(&self) -> impl Iterator<Item = u32> {
        let named = self.settings.special_tokens.values().chain(&self.settings.extra_special_tokens);
        named.filter_map(|token| self.token_to_id(token))
    }

    /// The number of tokens, added ones included; ids are below this unless the vocabulary has gaps.
    pub fn vocab_size(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }
}
