//! Convolutions over values that lie in memory with their channels last.
//!
//! What a position sees then is a few runs of neighbours in memory, so that rows of it cost little to gather, or nothing:
//! over one axis, what neighbouring positions see is a matrix whose rows overlap. Times the kernels, packed at
//! load, these rows are the result, again with its channels last.

mod depthwise;
mod geometry;
mod image;
mod product;
mod transposed;

use candle_core::Tensor;

pub(in crate::engine::candle) use self::geometry::Geometry;
use self::product::Product;
pub(in crate::engine::candle) use self::transposed::PreparedConvTranspose;
use super::memory::Memory;
use super::packed::Packed;
use crate::engine::candle::error::Fault;
use crate::ir::{Activation, Conv};

/// A convolution ready to run.
pub(in crate::engine::candle) struct PreparedConv {
    geometry: Geometry,
    kernels: Kernels,
    bias: Option<Vec<f32>>,
    activation: Option<Activation>,
}

/// Weights in the layout that suits them.
enum Kernels {
    /// Each channel has one kernel: `[taps, channels]`.
    Depthwise(Vec<f32>),
    /// Matrices, one a group.
    Product(Product),
}

impl PreparedConv {
    /// Prepares weights of `shape`, `[out, channels / groups, …]` in row-major order.
    pub(in crate::engine::candle) fn new(
        conv: &Conv,
        weight: &[f32],
        shape: &[usize],
        bias: Option<Vec<f32>>,
    ) -> Result<Self, Fault> {
        let [out, channels, taps @ ..] = shape else {
            return Err(Fault::Reason(format!("kernels of {shape:?}")));
        };
        let (out, channels) = (*out, *channels);
        let geometry = Geometry::new(conv, taps);
        let taps = geometry.kernel[0] * geometry.kernel[1];
        let kernels = if channels == 1 && out == conv.groups {
            Kernels::Depthwise(taps_first(weight, out, taps))
        } else {
            let size = weight.len() / conv.groups;
            let group = |weight: &[f32]| {
                let weight = taps_first_of_each(weight, channels, taps);
                Packed::new(&weight, [out / conv.groups, channels * taps], false)
            };
            Kernels::Product(Product(weight.chunks_exact(size.max(1)).map(group).collect::<Result<_, _>>()?))
        };
        Ok(Self { geometry, kernels, bias, activation: conv.activation })
    }

    /// Applies the convolution to `[n, channels, height, width]` or `[n, channels, length]`.
    ///
    /// The result lies in memory with its channels last.
    pub(in crate::engine::candle) fn apply(&self, memory: &Memory, x: &Tensor) -> Result<Tensor, Fault> {
        if x.rank() == 3 {
            // A line is an image of one row.
            return Ok(self.apply(memory, &x.unsqueeze(2)?)?.squeeze(2)?);
        }
        let (bias, activation) = (self.bias.as_deref(), self.activation);
        let y = match &self.kernels {
            Kernels::Depthwise(weight) => {
                depthwise::apply(memory, &self.geometry, weight, bias, activation, x)
            }
            Kernels::Product(product) => product.apply(memory, &self.geometry, bias, activation, x),
        };
        Ok(y?.permute((0, 3, 1, 2))?)
    }
}

/// `[channels, taps]` as `[taps, channels]`.
fn taps_first(kernel: &[f32], channels: usize, taps: usize) -> Vec<f32> {
    (0..taps).flat_map(|tap| (0..channels).map(move |channel| kernel[channel * taps + tap])).collect()
}

/// `[out, channels, taps]` as `[out, taps, channels]`.
fn taps_first_of_each(weight: &[f32], channels: usize, taps: usize) -> Vec<f32> {
    let size = (channels * taps).max(1);
    weight.chunks_exact(size).flat_map(|kernel| taps_first(kernel, channels, taps)).collect()
}
