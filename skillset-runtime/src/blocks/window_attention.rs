//! Attention in windows, with biases by relative position.

use super::windows::Windows;
use super::{Attention, AttentionNames};
use crate::ir::{Dim, Literal, LiteralData, Scope, Value};

/// Self-attention in square windows of an image, every other time shifted (Swin, arXiv:2103.14030).
///
/// Images that windows do not fill have zeros added below and on the right.
#[derive(Clone, Debug)]
pub struct WindowAttention {
    /// The image, `[batch, rows, columns, width]`.
    pub of: Value,
    /// Heads.
    pub heads: usize,
    /// Rows and columns of a window.
    pub window: usize,
    /// Rows and columns that windows are shifted by.
    pub shift: usize,
    /// Whether images of any size are cut and shifted. If not, one as small as a window is not shifted, and a smaller one is refused.
    pub always: bool,
    /// Whether the query, key and value projections have biases.
    pub qkv_bias: bool,
    /// Paths of the projections.
    pub names: AttentionNames,
    /// Name of the biases by relative position, `[(2 · window − 1)², heads]`.
    pub table: &'static str,
}

/// Pairs of tokens are listed, so no window is wider.
const WIDEST: usize = 32;

impl WindowAttention {
    /// Attention in windows that are not shifted.
    pub fn new(of: Value, heads: usize, window: usize) -> Self {
        let (names, table) = (AttentionNames::default(), "relative_position_bias_table");
        Self { of, heads, window, shift: 0, always: false, qkv_bias: true, names, table }
    }

    /// Adds the attention; the result has the shape of `of`.
    pub fn build(self, g: &Scope) -> Value {
        if self.window > WIDEST {
            g.fail(format_args!(
                "expected windows of at most {WIDEST} rows and columns, found {}",
                self.window
            ));
            return self.of;
        }
        let Some(windows) = Windows::new(g, self.of, self.window, self.shift, self.always) else {
            return self.of;
        };
        let batch = g.dim(self.of, 0);
        let mut bias = self.bias(g);
        if let Some(mask) = windows.mask(g) {
            let area = Dim::from(self.window * self.window);
            let scores = [windows.count(), self.heads.into(), area.clone(), area];
            let all = [std::slice::from_ref(&batch), &scores[..]].concat();
            let [count, scores @ ..] = scores;
            let of_all = [&[batch.clone() * count], &scores[..]].concat();
            bias = g.reshape(g.expand(g.add(bias, mask), &all), &of_all);
        }
        let attention = Attention {
            bias: Some(bias),
            qkv_bias: self.qkv_bias,
            names: self.names,
            ..Attention::new(windows.cut(g, self.of), self.heads)
        };
        windows.join(g, attention.build(g), &batch)
    }

    /// The biases of all pairs of a window's tokens, `[1, heads, window², window²]`.
    fn bias(&self, g: &Scope) -> Value {
        let (side, span) = (self.window, 2 * self.window - 1);
        let table = g.param(self.table, &[span * span, self.heads]);
        let place = |token: usize| (token / side, token % side);
        let index = |query: usize, key: usize| {
            let ((row, column), (of_row, of_column)) = (place(query), place(key));
            (row + side - 1 - of_row) * span + column + side - 1 - of_column
        };
        let area = side * side;
        let indices: Vec<i64> = (0..area * area).map(|pair| index(pair / area, pair % area) as i64).collect();
        let indices = Literal { shape: vec![area, area], data: LiteralData::I64(indices.into()) };
        let biases = g.gather(table, 0, g.constant(indices));
        g.unsqueeze(g.transpose(biases, &[2, 0, 1]), 0)
    }
}
