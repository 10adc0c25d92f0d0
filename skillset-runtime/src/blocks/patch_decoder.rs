//! Pixels from patches.

use super::Conv2d;
use super::linear::fixed_width;
use crate::ir::{Dim, Scope, Value};

/// Reconstruction of an image from its patches: a 1×1 convolution and a pixel shuffle, as SimMIM has it
/// (arXiv:2111.09886).
///
/// Parameters: `0.{weight, bias}`.
#[derive(Clone, Debug)]
pub struct PatchDecoder {
    /// Hidden states of the patches, `[batch, patches, width]`.
    pub of: Value,
    /// Rows and columns of patches.
    pub grid: [Dim; 2],
    /// Rows and columns of pixels that a patch becomes.
    pub stride: usize,
    /// Color channels of the result.
    pub channels: usize,
}

impl PatchDecoder {
    /// A decoder.
    pub fn new(of: Value, grid: [Dim; 2], stride: usize, channels: usize) -> Self {
        Self { of, grid, stride, channels }
    }

    /// Adds the decoder; the result is `[batch, channels, rows · stride, columns · stride]`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        let Some([rows, columns]) = self.grid(g) else { return self.of };
        let (batch, stride) = (g.dim(self.of, 0), self.stride);
        let tokens = g.transpose(self.of, &[0, 2, 1]);
        let tokens = g.reshape(tokens, &[batch.clone(), width.into(), rows.clone(), columns.clone()]);

        let out = stride * stride * self.channels;
        let y = Conv2d::new(tokens, out, [1, 1]).build(&g.at("0"));

        let channels = Dim::from(self.channels);
        let split =
            [batch.clone(), channels.clone(), stride.into(), stride.into(), rows.clone(), columns.clone()];
        let y = g.transpose(g.reshape(y, &split), &[0, 1, 4, 2, 5, 3]);
        g.reshape(y, &[batch, channels, rows * Dim::from(stride), columns * Dim::from(stride)])
    }

    /// Rows and columns of patches. transformers takes them for a square where it knows how many there are.
    fn grid(&self, g: &Scope) -> Option<[Dim; 2]> {
        let Some(count) = g.dim(self.of, 1).as_size() else { return Some(self.grid.clone()) };
        let side = count.isqrt();
        if side * side != count {
            g.fail(format_args!("{count} patches do not make a square image"));
            return None;
        }
        Some([side.into(), side.into()])
    }
}
