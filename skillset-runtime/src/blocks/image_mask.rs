//! Which parts of an image are no padding.

use super::Nearest;
use crate::ir::{Scope, Value};

/// Which pixels of a feature map are no padding, by a mask of the image's pixels.
#[derive(Clone, Debug)]
pub struct ImageMask {
    /// `i64[batch, height, width]`, 0 where a pixel of the image is padding; none: every pixel is real.
    pub of: Option<Value>,
    /// The feature map, `[batch, channels, rows, columns]`.
    pub map: Value,
    /// Whether rows and columns become one axis.
    pub flat: bool,
}

impl ImageMask {
    /// A mask of rows and columns.
    pub fn new(of: Option<Value>, map: Value) -> Self {
        Self { of, map, flat: false }
    }

    /// Adds the mask, `bool[batch, rows, columns]` or `bool[batch, rows · columns]`, true where a pixel is real.
    pub fn build(self, g: &Scope) -> Option<Value> {
        let size = [2, 3].map(|axis| g.dim(self.map, axis));
        let mask = g.not_equal(Nearest::new(self.of?, size.clone()).build(g), 0.0);
        let [rows, columns] = size;
        Some(if self.flat { g.reshape(mask, &[g.dim(mask, 0), rows * columns]) } else { mask })
    }
}
