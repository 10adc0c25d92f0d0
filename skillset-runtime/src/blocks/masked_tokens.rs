//! Tokens that the model is to guess.

use super::linear::fixed_width;
use crate::ir::{Scope, Value};

/// A learned token in place of those that are masked, with the parameter `mask_token` (`[1, 1, width]`).
#[derive(Clone, Debug)]
pub struct MaskedTokens {
    /// The tokens, `[batch, sequence, width]`.
    pub of: Value,
    /// True where a token is masked, `bool[batch, sequence]`; none: no token is.
    pub masked: Option<Value>,
}

impl MaskedTokens {
    /// Masking of `of`.
    pub fn new(of: Value, masked: Option<Value>) -> Self {
        Self { of, masked }
    }

    /// Adds the masking; the result has the shape of `of`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(masked) = self.masked else { return self.of };
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        g.where_(g.unsqueeze(masked, 2), g.param("mask_token", &[1, 1, width]), self.of)
    }
}
