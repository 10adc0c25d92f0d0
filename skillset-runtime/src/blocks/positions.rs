//! Where tokens stand.

use crate::ir::{DType, Dim, Scope, Value};

/// `past, past + 1, …` for each token, or the positions that the caller gives.
#[derive(Clone, Debug)]
pub struct Positions {
    /// Token ids (or anything else) of shape `[batch, sequence, …]`.
    pub of: Value,
    /// Positions that the caller gave, `i64[batch, sequence]`; they win.
    pub given: Option<Value>,
}

impl Positions {
    /// Positions counted from the first token.
    pub fn new(of: Value) -> Self {
        Self { of, given: None }
    }

    /// Adds the positions: `i64[batch, sequence]`, or `i64[1, sequence]` where they are counted.
    pub fn build(self, g: &Scope) -> Value {
        self.given.unwrap_or_else(|| g.unsqueeze(g.iota(g.past(), g.dim(self.of, 1)), 0))
    }
}

/// Positions counted over tokens that are no padding, from `pad + 1` on; padding stands at `pad` (fairseq's way).
#[derive(Clone, Debug)]
pub struct PaddedPositions {
    /// Token ids (or anything else) of shape `[batch, sequence, …]`.
    pub of: Value,
    /// Token ids, `i64[batch, sequence]`; none: no token is padding, and the past does not count.
    pub ids: Option<Value>,
    /// The padding token.
    pub pad: usize,
    /// Positions that the caller gave, `i64[batch, sequence]`; they win.
    pub given: Option<Value>,
}

impl PaddedPositions {
    /// Positions that nobody gave.
    pub fn new(of: Value, ids: Option<Value>, pad: usize) -> Self {
        Self { of, ids, pad, given: None }
    }

    /// Adds the positions: `i64[batch, sequence]`, or `i64[1, sequence]` where there are no ids.
    pub fn build(self, g: &Scope) -> Value {
        let Some(ids) = self.ids else {
            let counted = || g.unsqueeze(g.iota(self.pad + 1, g.dim(self.of, 1)), 0);
            return self.given.unwrap_or_else(counted);
        };
        self.given.unwrap_or_else(|| {
            let is_real = g.cast(g.not_equal(ids, self.pad as f64), DType::I64);
            let number = g.add(g.cumsum(is_real, 1), g.iota(g.past(), 1));
            g.add(g.mul(number, is_real), self.pad as f64)
        })
    }
}

/// Zeros for each token, or the values that the caller gives: segment ids.
#[derive(Clone, Debug)]
pub struct TokenTypes {
    /// Token ids, `[batch, sequence]`.
    pub of: Value,
    /// Segment ids that the caller gave, `i64[batch, sequence]`; they win.
    pub given: Option<Value>,
}

impl TokenTypes {
    /// Every token in segment 0.
    pub fn new(of: Value) -> Self {
        Self { of, given: None }
    }

    /// Adds the segment ids: `i64[batch, sequence]`, or `i64[1, 1]` where all are 0.
    pub fn build(self, g: &Scope) -> Value {
        let zero = || g.reshape(g.constant(crate::ir::Literal::integer(0)), &[Dim::from(1), Dim::from(1)]);
        self.given.unwrap_or_else(zero)
    }
}
