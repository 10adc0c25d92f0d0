//! The last real token of a sequence.

use crate::ir::{DType, Dim, Scope, Value};

/// The entry of a sequence at its last token that is no padding, as decoder classifiers pool.
///
/// Follows transformers' `GenericForSequenceClassification`: the rightmost token that differs from the
/// padding token, whichever side was padded; without a padding token, the last one.
#[derive(Clone, Debug)]
pub struct LastToken {
    /// Values for each token, `[batch, sequence, width]`.
    pub of: Value,
    /// Token ids, `i64[batch, sequence]`; none: the last token counts, whatever it is.
    pub ids: Option<Value>,
    /// The padding token.
    pub pad: Option<i64>,
}

impl LastToken {
    /// The last token of unpadded sequences.
    pub fn new(of: Value, ids: Option<Value>) -> Self {
        Self { of, ids, pad: None }
    }

    /// Adds the choice; the result is `[batch, width]`.
    pub fn build(self, g: &Scope) -> Value {
        let (batch, length, width) = (g.dim(self.of, 0), g.dim(self.of, 1), g.dim(self.of, 2));
        let Some((ids, pad)) = self.ids.zip(self.pad) else {
            let last = g.slice(self.of, 1, length.clone() - Dim::from(1), length);
            return g.squeeze(last, 1);
        };
        let is_real = g.cast(g.not_equal(ids, pad as f64), DType::I64);
        let position = g.arg_max(g.mul(is_real, g.unsqueeze(g.iota(0, length), 0)), 1);
        let position = g.unsqueeze(g.unsqueeze(position, 1), 2);
        let row = g.gather_elements(self.of, 1, g.expand(position, &[batch, Dim::from(1), width]));
        g.squeeze(row, 1)
    }
}
