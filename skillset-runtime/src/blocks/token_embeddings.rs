//! Vectors of tokens, looked up or given.

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
    /// Factor of the rows; none: 1.
    pub scale: Option<f64>,
    /// Vectors that the caller gave, `[batch, sequence, width]`; they win.
    pub given: Option<Value>,
    /// The path of the table below this one.
    pub table: &'static str,
    /// The path below this one of the table that it is unless the checkpoint stores it apart; none: it is not tied.
    pub tied_to: Option<&'static str>,
}

impl TokenEmbeddings {
    /// A lookup.
    pub fn new(of: Option<Value>, count: usize, width: usize) -> Self {
        Self { of, count, width, scale: None, given: None, table: "", tied_to: None }
    }

    /// Adds the lookup, if one is needed; the result is `[batch, sequence, width]`.
    pub fn build(self, g: &Scope) -> Value {
        if let Some(given) = self.given {
            return given;
        }
        match self.of {
            Some(ids) => {
                let shape = [self.count, self.width];
                let table = g.at(self.table);
                let table = match self.tied_to {
                    Some(other) => table.tied_param("weight", &shape, g.at(other).at("weight").path()),
                    None => table.param("weight", &shape),
                };
                let rows = g.gather(table, 0, ids);
                self.scale.map_or(rows, |scale| g.mul(rows, scale))
            }
            None => g.unknown("neither token ids nor their vectors are given"),
        }
    }
}
