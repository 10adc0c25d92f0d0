//! A table of vectors looked up by id.

use crate::ir::{Scope, Value};

/// Rows of the parameter `weight` (`[count, width]`) at integer ids.
#[derive(Clone, Debug)]
pub struct Embedding {
    /// Ids, `i64` of any shape, each below `count`.
    pub of: Value,
    /// Rows of the table.
    pub count: usize,
    /// Width of a row.
    pub width: usize,
}

impl Embedding {
    /// A lookup.
    pub fn new(of: Value, count: usize, width: usize) -> Self {
        Self { of, count, width }
    }

    /// Adds the lookup; the result is `[…, width]`.
    pub fn build(self, g: &Scope) -> Value {
        g.gather(g.param("weight", &[self.count, self.width]), 0, self.of)
    }
}
