//! Images of another size.

use crate::ir::{DType, Dim, Scope, Unary, Value};

/// An image resampled to another size by the nearest pixel, as `torch.nn.functional.interpolate(mode="nearest")`.
#[derive(Clone, Debug)]
pub struct Nearest {
    /// The image, `[…, height, width]`, of any type.
    pub of: Value,
    /// Rows and columns of the result.
    pub size: [Dim; 2],
}

impl Nearest {
    /// Resampling to `size`.
    pub fn new(of: Value, size: [Dim; 2]) -> Self {
        Self { of, size }
    }

    /// Adds the resampling; the result is `[…, rows, columns]`.
    pub fn build(self, g: &Scope) -> Value {
        let [rows, columns] = self.size;
        let lines = line(g, self.of, -2, &rows);
        line(g, lines, -1, &columns)
    }
}

/// `x` with `to` entries on `axis`.
fn line(g: &Scope, x: Value, axis: isize, to: &Dim) -> Value {
    let from = g.dim(x, axis);
    if from == *to {
        return x;
    }
    // In single precision, as torch does it.
    let scale = g.div(g.to_float(g.size(&from)), g.to_float(g.size(to)));
    let place = g.unary(Unary::Floor, g.mul(g.to_float(g.iota(0, to)), scale));
    let last = g.size(from - Dim::from(1));
    g.gather(x, axis, g.min(g.cast(place, DType::I64), last))
}
