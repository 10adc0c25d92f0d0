//! Attention on a grid, in windows or as a whole.

use super::windows::Windows;
use super::{Attention, AttentionNames};
use crate::ir::{Scope, Value};

/// Self-attention between the tokens of a grid, within square windows or between all (ViTDet, arXiv:2203.16527).
///
/// Where windows do not fill the grid, zeros are added below and on the right, which take part.
#[derive(Clone, Debug)]
pub struct GridAttention {
    /// The grid, `[batch, rows, columns, width]`.
    pub of: Value,
    /// Heads.
    pub heads: usize,
    /// Rows and columns of a window; 0: every token sees all others.
    pub window: usize,
    /// Whether scores depend on how far tokens are apart, see [`Attention::grid`]; without windows the size of the grid must then
    /// be fixed.
    pub relative: bool,
    /// Whether the query, key and value projections have biases.
    pub qkv_bias: bool,
    /// Paths of the projections.
    pub names: AttentionNames,
}

impl GridAttention {
    /// Attention between all tokens, with biases.
    pub fn new(of: Value, heads: usize) -> Self {
        Self { of, heads, window: 0, relative: false, qkv_bias: true, names: AttentionNames::default() }
    }

    /// Adds the attention; the result has the shape of `of`.
    pub fn build(self, g: &Scope) -> Value {
        if self.window == 0 {
            let shape = g.shape(self.of);
            let [batch, rows, columns, width] = &shape[..] else { return self.of };
            let grid = match (self.relative, rows.as_size(), columns.as_size()) {
                (false, ..) => None,
                (true, Some(rows), Some(columns)) => Some([rows, columns]),
                (true, ..) => {
                    g.fail("expected a grid of fixed size, as that of relative positions is");
                    return self.of;
                }
            };
            let length = rows.clone() * columns.clone();
            let tokens = g.reshape(self.of, &[batch.clone(), length, width.clone()]);
            return g.reshape(self.attend(g, tokens, grid), &shape);
        }
        let batch = g.dim(self.of, 0);
        let Some(windows) = Windows::new(g, self.of, self.window, 0, true) else { return self.of };
        let grid = self.relative.then_some([self.window; 2]);
        windows.join(g, self.attend(g, windows.cut(g, self.of), grid), &batch)
    }

    fn attend(&self, g: &Scope, tokens: Value, grid: Option<[usize; 2]>) -> Value {
        let (qkv_bias, names) = (self.qkv_bias, self.names.clone());
        Attention { grid, qkv_bias, names, ..Attention::new(tokens, self.heads) }.build(g)
    }
}
