//! A convolution with its normalisation.

use super::{BatchNorm, Conv2d};
use crate::ir::{Activation, Scope, Value};

/// A convolution without bias, batch normalisation, an activation: what convolutional networks are made of.
///
/// What the kernels leave of the image is as large as the image, divided by the stride and rounded up.
#[derive(Clone, Debug)]
pub struct ConvBatchNorm {
    /// The image, `[batch, channels, height, width]`.
    pub of: Value,
    /// Channels of the result.
    pub out: usize,
    /// Rows and columns of a kernel.
    pub kernel: usize,
    /// Steps down and across between the places that a kernel is put.
    pub stride: usize,
    /// Rows and columns from one tap to the next.
    pub dilation: usize,
    /// Groups that channels are split into.
    pub groups: usize,
    /// Applied to the result.
    pub activation: Option<Activation>,
    /// Added to the variance.
    pub eps: f64,
    /// Paths of the layers.
    pub names: ConvBatchNormNames,
}

/// Paths of the layers of [`ConvBatchNorm`].
#[derive(Clone, Debug)]
pub struct ConvBatchNormNames {
    /// The convolution.
    pub conv: &'static str,
    /// The batch normalisation.
    pub norm: &'static str,
}

impl Default for ConvBatchNormNames {
    fn default() -> Self {
        Self { conv: "convolution", norm: "normalization" }
    }
}

impl ConvBatchNorm {
    /// Step 1, no activation.
    pub fn new(of: Value, out: usize, kernel: usize) -> Self {
        let names = ConvBatchNormNames::default();
        Self { of, out, kernel, stride: 1, dilation: 1, groups: 1, activation: None, eps: 1e-5, names }
    }

    /// Adds the layers; the result is `[batch, out, rows, columns]`.
    pub fn build(self, g: &Scope) -> Value {
        let conv = Conv2d {
            stride: [self.stride; 2],
            padding: [self.kernel / 2 * self.dilation; 2],
            dilation: [self.dilation; 2],
            groups: self.groups,
            bias: false,
            ..Conv2d::new(self.of, self.out, [self.kernel; 2])
        };
        let y = conv.build(&g.at(self.names.conv));
        let y = BatchNorm::new(y, self.eps).build(&g.at(self.names.norm));
        self.activation.map_or(y, |activation| g.activation(y, activation))
    }
}
