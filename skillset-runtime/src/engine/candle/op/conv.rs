//! Convolutions by candle's own kernels.

use candle_core::Tensor;

use super::Fault;
use crate::ir::Conv2d;

/// `[n, c, h, w]` by `[o, c/groups, kh, kw]`.
pub(super) fn conv2d(
    conv: &Conv2d,
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&&Tensor>,
) -> Result<Tensor, Fault> {
    let ((_, _, height, width), (_, _, down, across)) = (x.dims4()?, weight.dims4()?);
    let size = output_size(conv, [height, width], [down, across])?;
    let result = match (conv.stride, conv.dilation, conv.padding) {
        ([stride, s], [dilation, d], [padding, p]) if stride == s && dilation == d => {
            let (x, padding) = if padding == p { (x.clone(), p) } else { (padded(conv, x)?, 0) };
            x.conv2d(weight, padding, stride, dilation, conv.groups)?
        }
        _ => by_taps(conv, &padded(conv, x)?, weight, size)?,
    };
    match bias {
        Some(bias) => Ok(result.broadcast_add(&bias.reshape((1, (), 1, 1))?)?),
        None => Ok(result),
    }
}

/// Height and width of the result for an image and kernels of these heights and widths.
pub(in crate::engine::candle) fn output_size(
    conv: &Conv2d,
    image: [usize; 2],
    kernel: [usize; 2],
) -> Result<[usize; 2], Fault> {
    let steps = |axis: usize| {
        let reach = (kernel[axis] - 1) * conv.dilation[axis] + 1;
        let rest = (image[axis] + 2 * conv.padding[axis]).checked_sub(reach)?;
        Some(rest / conv.stride[axis] + 1)
    };
    match (steps(0), steps(1)) {
        (Some(height), Some(width)) => Ok([height, width]),
        _ => Err(Fault::Reason(format!("kernels of {kernel:?} are larger than an image of {image:?}"))),
    }
}

fn padded(conv: &Conv2d, x: &Tensor) -> candle_core::Result<Tensor> {
    let [height, width] = conv.padding;
    x.pad_with_zeros(2, height, height)?.pad_with_zeros(3, width, width)
}

/// The sum over the kernel's taps of what each one sees, times its weights: for steps and spacings
/// that differ between the axes, which candle's convolution does not take. `x` is padded already.
fn by_taps(
    conv: &Conv2d,
    x: &Tensor,
    weight: &Tensor,
    [rows, columns]: [usize; 2],
) -> candle_core::Result<Tensor> {
    let (batch, channels, _, _) = x.dims4()?;
    let (out, per_group, height, width) = weight.dims4()?;
    let groups = conv.groups;
    let seen = |x: &Tensor, axis: usize, tap: usize, count: usize| {
        let first = tap * conv.dilation[axis];
        let at: Vec<i64> = (0..count).map(|step| (first + step * conv.stride[axis]) as i64).collect();
        x.index_select(&Tensor::from_vec(at, count, x.device())?, axis + 2)
    };
    let mut sum = Tensor::zeros((batch, groups, out / groups, rows * columns), x.dtype(), x.device())?;
    for row in 0..height {
        let line = seen(x, 0, row, rows)?;
        for column in 0..width {
            let pixels = seen(&line, 1, column, columns)?;
            let pixels = pixels.reshape((batch, groups, channels / groups, rows * columns))?;
            let tap = weight.narrow(2, row, 1)?.narrow(3, column, 1)?;
            let tap = tap.reshape((1, groups, out / groups, per_group))?;
            sum = (sum + tap.broadcast_matmul(&pixels)?)?;
        }
    }
    sum.reshape((batch, out, rows, columns))
}
