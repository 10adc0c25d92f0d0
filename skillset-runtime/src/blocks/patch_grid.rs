//! Patches of an image where they are in it.

use super::Conv2d;
use crate::ir::{Dim, Literal, Scope, Value};

/// Patches of an image as a grid of tokens: a convolution whose kernel is its stride.
///
/// Parameters: `weight`, and `bias` if there is one.
#[derive(Clone, Debug)]
pub struct PatchGrid {
    /// The image, `[batch, channels, height, width]`.
    pub of: Value,
    /// Width of a token.
    pub width: usize,
    /// Height and width of a patch.
    pub patch_size: [usize; 2],
    /// Whether patches that reach out of the image, below and on the right, are filled with zeros instead of left out.
    pub pad: bool,
    /// Whether the convolution has a bias.
    pub bias: bool,
}

impl PatchGrid {
    /// Patches that are whole.
    pub fn new(of: Value, width: usize, patch_size: [usize; 2]) -> Self {
        Self { of, width, patch_size, pad: false, bias: true }
    }

    /// Adds the convolution; the result is `[batch, rows, columns, width]`.
    pub fn build(self, g: &Scope) -> Value {
        if self.patch_size.contains(&0) {
            g.fail("patch_size: expected positive sizes, found 0");
            return self.of;
        }
        let [height, width] = self.patch_size;
        let image = if self.pad { padded(g, padded(g, self.of, 2, height), 3, width) } else { self.of };
        let conv = Conv2d {
            stride: self.patch_size,
            bias: self.bias,
            ..Conv2d::new(image, self.width, self.patch_size)
        };
        g.transpose(conv.build(g), &[0, 2, 3, 1])
    }
}

/// `x` with zeros behind the last entries of `axis`, up to a multiple of `size`.
fn padded(g: &Scope, x: Value, axis: usize, size: usize) -> Value {
    let mut shape = g.shape(x);
    let Some(length) = shape.get(axis).cloned() else { return x };
    let rest = length.ceil_div(size as i64) * Dim::from(size) - length;
    if rest.as_constant() == Some(0) {
        return x;
    }
    shape[axis] = rest;
    let zeros = g.expand(g.constant(Literal::scalar(0.0)), &shape);
    g.concat(x, zeros, axis as isize)
}
