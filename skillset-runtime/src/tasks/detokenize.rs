//! Generated tokens as text.

use std::sync::Arc;

use crate::generate::Detokenize;
use crate::processors::text::TextProcessor;

/// Makes text of tokens for stop strings.
pub(super) struct WithSpecialTokens(pub Arc<TextProcessor>);

impl Detokenize for WithSpecialTokens {
    fn detokenize(&self, tokens: &[i64]) -> Result<String, String> {
        self.0.decode(&to_ids(tokens), false).map_err(|error| error.to_string())
    }
}

/// Token ids as tokenizers have them. A model's ids are never negative or above 32 bits.
pub(super) fn to_ids(tokens: &[i64]) -> Vec<u32> {
    tokens.iter().map(|&token| token as u32).collect()
}
