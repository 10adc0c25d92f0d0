//! Halving of a grid of tokens.

use super::linear::fixed_width;
use super::pick::{along, pick};
use super::{LayerNorm, Linear};
use crate::ir::{Scope, Value};

/// Patch merging (Swin, arXiv:2103.14030): every two by two neighbours become one token of twice their width.
/// Grids of odd height or width have zeros added below or on the right.
///
/// Parameters: `norm.{weight, bias}`, `reduction.weight`.
#[derive(Clone, Debug)]
pub struct PatchMerging {
    /// The grid, `[batch, rows, columns, width]`.
    pub of: Value,
    /// Added to the variance by the norm.
    pub eps: f64,
    /// Whether the norm comes after the reduction (Swin v2) instead of before it.
    pub norm_last: bool,
}

impl PatchMerging {
    /// Merging with the norm first.
    pub fn new(of: Value) -> Self {
        Self { of, eps: 1e-5, norm_last: false }
    }

    /// Adds the merging; the result is `[batch, ⌈rows/2⌉, ⌈columns/2⌉, 2 · width]`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        let [batch, rows, columns] = [0, 1, 2].map(|axis| g.dim(self.of, axis));
        let half = [rows.ceil_div(2), columns.ceil_div(2)];
        // Of the four, those of the left column come first.
        let pair = 2.into();
        let across = g.add(along(g, 1, 4, &half[1], 2), along(g, 2, 4, &pair, 1));
        let down = g.add(along(g, 0, 4, &half[0], 2), along(g, 3, 4, &pair, 1));
        let open = half.clone().map(|half| half * pair.clone()) != [rows, columns];
        let fours = pick(g, self.of, [down, across], open);
        let [half_rows, half_columns] = half;
        let fours = g.reshape(fours, &[batch, half_rows, half_columns, (4 * width).into()]);
        let norm = |of| LayerNorm::new(of, self.eps).build(&g.at("norm"));
        let reduce = |of| Linear { bias: false, ..Linear::new(of, 2 * width) }.build(&g.at("reduction"));
        if self.norm_last { norm(reduce(fours)) } else { reduce(norm(fours)) }
    }
}
