//! Boxes by their differences from others.

use crate::ir::{Literal, Scope, Unary, Value};

/// The least that a share and what it lacks to 1 are taken for.
const EPS: f64 = 1e-5;

/// Points or boxes that are as far as predicted from others, before a sigmoid (Deformable DETR, arXiv:2010.04159).
#[derive(Clone, Debug)]
pub struct RefinedBoxes {
    /// The predicted differences, `[batch, queries, 4]` (center, width, height) or `[batch, queries, 2]`.
    pub of: Value,
    /// What they are differences from, in shares of the image: boxes, `[batch or 1, queries, 4]`, or points, `[…, 2]`, to
    /// boxes whose width and height are all predicted; none: from the middle of the image.
    pub from: Option<Value>,
}

impl RefinedBoxes {
    /// Points or boxes around the middle of the image.
    pub fn new(of: Value) -> Self {
        Self { of, from: None }
    }

    /// Adds the boxes in shares of the image, of the shape of the differences.
    pub fn build(self, g: &Scope) -> Value {
        let Some(from) = self.from else { return sigmoid(g, self.of) };
        let (before, is_box) = (inverse_sigmoid(g, from), g.dim(self.of, 2) == g.dim(from, 2));
        let before = if is_box { before } else { g.concat(before, g.mul(before, 0.0), 2) };
        sigmoid(g, g.add(self.of, before))
    }
}

/// 1 / (1 + e⁻ˣ), as such: sigmoids of engines are right to so many digits behind the point, which are too few for the
/// logarithm of a small share.
fn sigmoid(g: &Scope, x: Value) -> Value {
    let one = g.constant(Literal::scalar(1.0));
    g.div(one, g.add(g.exp(g.mul(x, -1.0)), 1.0))
}

/// ln(x / (1 − x)), limited at both ends.
fn inverse_sigmoid(g: &Scope, x: Value) -> Value {
    let x = g.min(g.max(x, 0.0), 1.0);
    let rest = g.add(g.mul(x, -1.0), 1.0);
    g.unary(Unary::Log, g.div(g.max(x, EPS), g.max(rest, EPS)))
}
