//! Where kernels are put.

use crate::engine::candle::error::Fault;
use crate::ir::Conv;

/// Steps, padding and taps down and across an image; a line is an image of one row.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine::candle) struct Geometry {
    /// Height and width of the kernels.
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub padding: [[usize; 2]; 2],
    pub dilation: [usize; 2],
}

impl Geometry {
    /// The places of kernels with that many `taps` along each axis of `conv`.
    pub(in crate::engine::candle) fn new(conv: &Conv, taps: &[usize]) -> Self {
        fn two<T: Copy>(values: &[T], row: T) -> [T; 2] {
            match values {
                [down, across] => [*down, *across],
                [across] => [row, *across],
                _ => [row; 2],
            }
        }
        Self {
            kernel: two(taps, 1),
            stride: two(&conv.stride, 1),
            padding: two(&conv.padding, [0, 0]),
            dilation: two(&conv.dilation, 1),
        }
    }

    /// Rows and columns of the result for an image of that height and width.
    pub(in crate::engine::candle) fn output(&self, image: [usize; 2]) -> Result<[usize; 2], Fault> {
        let steps = |axis: usize| {
            let reach = (self.kernel[axis] - 1) * self.dilation[axis] + 1;
            let [before, after] = self.padding[axis];
            let rest = (image[axis] + before + after).checked_sub(reach)?;
            Some(rest / self.stride[axis] + 1)
        };
        match (steps(0), steps(1)) {
            (Some(rows), Some(columns)) => Ok([rows, columns]),
            _ => Err(Fault::Reason(format!(
                "a kernel of {:?} with dilation {:?} is larger than the padded input {image:?}",
                self.kernel, self.dilation
            ))),
        }
    }
}
