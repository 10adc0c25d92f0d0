//! Transposed convolution.

use crate::ir::{self, Scope, Value};

/// Transposed convolution over height and width, which enlarges an image (arXiv:1603.07285), with parameters
/// `weight` (`[channels, out, height, width]`) and `bias` (`[out]`).
#[derive(Clone, Debug)]
pub struct ConvTranspose2d {
    /// Input, `[batch, channels, height, width]`.
    pub of: Value,
    /// Channels of the result.
    pub out: usize,
    /// Height and width of a kernel.
    pub kernel: [usize; 2],
    /// Rows and columns of the result from one position of the input to the next.
    pub stride: [usize; 2],
    /// Rows and columns that the result lacks on every side.
    pub padding: [usize; 2],
    /// Rows and columns that the result has below and to the right beyond what kernels reach.
    pub output_padding: [usize; 2],
    /// Whether there is a bias.
    pub bias: bool,
}

impl ConvTranspose2d {
    /// A transposed convolution with bias, step 1, without padding.
    pub fn new(of: Value, out: usize, kernel: [usize; 2]) -> Self {
        Self { of, out, kernel, stride: [1, 1], padding: [0, 0], output_padding: [0, 0], bias: true }
    }

    /// Adds the layer; the result is `[batch, out, rows, columns]`, each
    /// `(size − 1) · stride − 2 · padding + kernel + output_padding`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(channels) = g.dim(self.of, 1).as_size() else {
            g.fail("the number of channels is not fixed");
            return self.of;
        };
        let conv = ir::ConvTranspose {
            stride: self.stride.to_vec(),
            padding: self.padding.map(|padding| [padding; 2]).to_vec(),
            output_padding: self.output_padding.to_vec(),
            ..ir::ConvTranspose::new(2)
        };
        let [height, width] = self.kernel;
        let weight = g.param("weight", &[channels, self.out, height, width]);
        let bias = self.bias.then(|| g.param("bias", &[self.out]));
        g.apply_conv_transpose(conv, self.of, weight, bias)
    }
}
