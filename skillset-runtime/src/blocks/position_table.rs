//! Vectors of positions added to all that stand there.

use crate::ir::{Dim, Scope, Value};

/// Each entry of a sequence plus the row of its place in the parameter `weight` (`[count, width]`), whatever came before: the
/// learned or stored positions of an encoder.
#[derive(Clone, Debug)]
pub struct PositionTable {
    /// Vectors of at most `count` places, `[batch, length, width]`.
    pub of: Value,
    /// Rows of the table.
    pub count: usize,
}

impl PositionTable {
    /// A table of `count` places.
    pub fn new(of: Value, count: usize) -> Self {
        Self { of, count }
    }

    /// Adds the sum; the result has the shape of `of`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = super::linear::fixed_width(g, self.of) else { return self.of };
        let table = g.param("weight", &[self.count, width]);
        let length = g.dim(self.of, 1);
        let rows = if length == Dim::from(self.count) { table } else { g.slice(table, 0, 0, length) };
        g.add(self.of, rows)
    }
}
