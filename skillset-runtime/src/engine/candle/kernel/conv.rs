//! Convolution as a product: what each position sees in a row, times the kernels packed at load.

use std::mem::MaybeUninit;

use candle_core::Tensor;

use super::linear::PreparedLinear;
use super::parallel;
use super::storage::{Floats, filled, unit_rows};
use crate::engine::candle::error::Fault;
use crate::engine::candle::op::output_size;
use crate::ir::Conv2d;

/// A convolution without groups, ready to run.
pub(in crate::engine::candle) struct PreparedConv {
    pub conv: Conv2d,
    /// Height and width of the kernels.
    pub kernel: [usize; 2],
    /// From what a position sees, `channels · height · width`, to the output channels.
    pub linear: PreparedLinear,
}

impl PreparedConv {
    /// Applies the convolution to `[n, channels, height, width]`.
    ///
    /// The result lies in memory with its channels last.
    pub(in crate::engine::candle) fn apply(&self, x: &Tensor) -> Result<Tensor, Fault> {
        let (batch, _, height, width) = x.dims4()?;
        let [rows, columns] = output_size(&self.conv, [height, width], self.kernel)?;
        let seen = self.unfold(x, [rows, columns])?;
        let pixels = self.linear.apply(&seen)?;
        let channels = pixels.dim(1)?;
        Ok(pixels.reshape((batch, rows, columns, channels))?.permute((0, 3, 1, 2))?)
    }

    /// `[n · rows · columns, channels · kernel height · kernel width]`
    fn unfold(&self, x: &Tensor, [rows, columns]: [usize; 2]) -> Result<Tensor, Fault> {
        let (batch, channels, height, width) = x.dims4()?;
        let [taps_down, taps_across] = self.kernel;
        let x = unit_rows(x)?;
        let source = Floats::of(&x);
        let (values, strides) = (source.data()?, source.strides());
        let length = channels * taps_down * taps_across;
        let Conv2d { stride, padding, dilation, .. } = &self.conv;
        // The place of a tap; outside of the image it is in the padding, which is zero.
        let place = |axis: usize, step: usize, tap: usize, size: usize| {
            let at = step * stride[axis] + tap * dilation[axis];
            at.checked_sub(padding[axis]).filter(|&at| at < size)
        };
        let fill = |out: &mut [MaybeUninit<f32>]| {
            parallel::rows(out, length, 2, |first, out| {
                for (index, out) in (first..).zip(out.chunks_exact_mut(length)) {
                    let (column, row, image) =
                        (index % columns, index / columns % rows, index / columns / rows);
                    for (line, out) in out.chunks_exact_mut(taps_across).enumerate() {
                        let (channel, tap) = (line / taps_down, line % taps_down);
                        let Some(y) = place(0, row, tap, height) else {
                            out.fill(MaybeUninit::new(0.0));
                            continue;
                        };
                        let line = &values[image * strides[0] + channel * strides[1] + y * strides[2]..];
                        for (tap, out) in out.iter_mut().enumerate() {
                            out.write(place(1, column, tap, width).map_or(0.0, |x| line[x]));
                        }
                    }
                }
            });
            Ok(())
        };
        // SAFETY: the rows cover the result, and each is written tap by tap.
        unsafe { filled(&[batch * rows * columns, length], fill) }
    }
}
