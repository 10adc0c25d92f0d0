//! The largest of neighbours.

use crate::ir::{self, Scope, Value};

/// The largest element under a window that moves over an image.
#[derive(Clone, Debug)]
pub struct MaxPool {
    /// The image, `[batch, channels, height, width]`.
    pub of: Value,
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Steps down and across; none: as large as the window.
    pub stride: Option<[usize; 2]>,
    /// Rows and columns around the image that the window may reach into.
    pub padding: [usize; 2],
}

impl MaxPool {
    /// Windows side by side.
    pub fn new(of: Value, kernel: [usize; 2]) -> Self {
        Self { of, kernel, stride: None, padding: [0, 0] }
    }

    /// Adds the pool; the result is `[batch, channels, rows, columns]`, each `⌊(size + 2 · padding − kernel) / stride⌋ + 1`.
    pub fn build(self, g: &Scope) -> Value {
        let stride = self.stride.unwrap_or(self.kernel);
        let pool = ir::MaxPool { kernel: self.kernel, stride, padding: self.padding };
        g.apply_max_pool(pool, self.of)
    }
}
