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
        let Some((ids, pad)) = self.ids.zip(self.pad) else {
            let length = g.dim(self.of, 1);
            let last = g.slice(self.of, 1, length.clone() - Dim::from(1), length);
            return g.squeeze(last, 1);
        };
        last_where(g, self.of, g.not_equal(ids, pad as f64))
    }
}

/// The entry of a sequence at the last of its tokens that is `token`, as classifiers of T5 and BART pool.
#[derive(Clone, Debug)]
pub struct LastMarker {
    /// Values for each token, `[batch, sequence, width]`.
    pub of: Value,
    /// Token ids, `i64[batch, sequence]`, with the marker in every row.
    pub ids: Option<Value>,
    /// The token that marks the entry, such as the end of the text.
    pub token: Option<i64>,
}

impl LastMarker {
    /// The last `token` of sequences.
    pub fn new(of: Value, ids: Option<Value>, token: Option<i64>) -> Self {
        Self { of, ids, token }
    }

    /// Adds the choice; the result is `[batch, width]`.
    pub fn build(self, g: &Scope) -> Value {
        match self.ids.zip(self.token) {
            Some((ids, token)) => last_where(g, self.of, g.equal(ids, token as f64)),
            None => g.missing(
                "there are no token ids to find a marker in, or the config says none (eos_token_id)",
            ),
        }
    }
}

/// The entry of each row of `of` (`[batch, sequence, width]`) at the last token for which `wanted` (`bool[batch, sequence]`) holds.
fn last_where(g: &Scope, of: Value, wanted: Value) -> Value {
    let (batch, length, width) = (g.dim(of, 0), g.dim(of, 1), g.dim(of, 2));
    let wanted = g.cast(wanted, DType::I64);
    let position = g.arg_max(g.mul(wanted, g.unsqueeze(g.iota(0, length), 0)), 1);
    let position = g.unsqueeze(g.unsqueeze(position, 1), 2);
    let row = g.gather_elements(of, 1, g.expand(position, &[batch, Dim::from(1), width]));
    g.squeeze(row, 1)
}
