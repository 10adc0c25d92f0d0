//! Padding that recurrences must not see.

use crate::ir::{Scope, Value};

/// Zeros where a token is padding, so that a recurrence takes nothing in there: transformers'
/// `apply_mask_to_padding_states`.
#[derive(Clone, Debug)]
pub struct ZeroPadding {
    /// Values for each token, `[batch, sequence, width]`.
    pub of: Value,
    /// The attention mask over all tokens so far, `i64[batch, past + sequence]`, 0 where one is padding; none: all are real.
    pub mask: Option<Value>,
}

impl ZeroPadding {
    /// Padding by an optional mask.
    pub fn new(of: Value, mask: Option<Value>) -> Self {
        Self { of, mask }
    }

    /// Adds the product; the result has the shape of `of`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(mask) = self.mask else { return self.of };
        let (length, past) = (g.dim(self.of, 1), g.past());
        let own = g.slice(mask, 1, past.clone(), past + length.clone());
        // transformers takes no single token for padding.
        let single = g.cast(g.equal(g.size(length), 1usize), crate::ir::DType::I64);
        g.mul(self.of, g.to_float(g.unsqueeze(g.max(own, single), 2)))
    }
}
