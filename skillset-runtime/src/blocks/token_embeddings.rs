//! Vectors of tokens, looked up or given.

use super::Embedding;
use crate::ir::{Scope, Value};

/// Rows of the parameter `weight` (`[count, width]`) at token ids, or the vectors that the caller gives instead.
#[derive(Clone, Debug)]
pub struct TokenEmbeddings {
    /// Token ids, `i64[batch, sequence]`; none: the vectors are given.
    pub of: Option<Value>,
    /// Rows of the table.
    pub count: usize,
    /// Width of a row.
    pub width: usize,
    /// Vectors that the caller gave, `[batch, sequence, width]`; they win.
    pub given: Option<Value>,
}

impl TokenEmbeddings {
    /// A lookup.
    pub fn new(of: Option<Value>, count: usize, width: usize) -> Self {
        Self { of, count, width, given: None }
    }

    /// Adds the lookup, if one is needed; the result is `[batch, sequence, width]`.
    pub fn build(self, g: &Scope) -> Value {
        if let Some(given) = self.given {
            return given;
        }
        match self.of {
            Some(ids) => Embedding::new(ids, self.count, self.width).build(g),
            None => {
                g.fail("neither token ids nor their vectors are given");
                g.constant(crate::ir::Literal::integer(0))
            }
        }
    }
}
