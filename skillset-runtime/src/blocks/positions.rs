//! Where tokens stand.

use crate::ir::{Dim, Scope, Value};

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
