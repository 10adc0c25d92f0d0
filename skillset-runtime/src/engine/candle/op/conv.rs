//! Convolutions by candle's own kernels.

use candle_core::Tensor;

use super::{Context, Fault, arithmetic};
use crate::engine::candle::kernel::conv::{Geometry, PreparedConvTranspose};
use crate::ir::{Conv, ConvTranspose};

/// `[n, c, …]` by `[o, c/groups, …]`.
pub(super) fn conv(
    conv: &Conv,
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&&Tensor>,
) -> Result<Tensor, Fault> {
    let result = match x.rank() {
        // A line is an image of one row.
        3 => conv2d(conv, &x.unsqueeze(2)?, &weight.unsqueeze(2)?)?.squeeze(2)?,
        _ => conv2d(conv, x, weight)?,
    };
    let sum = match bias {
        Some(bias) => {
            let mut shape = vec![1; result.rank()];
            shape[1] = bias.elem_count();
            result.broadcast_add(&bias.reshape(shape)?)?
        }
        None => result,
    };
    Ok(match conv.activation {
        Some(function) => arithmetic::activation(function, &sum)?,
        None => sum,
    })
}

/// A transposed convolution whose kernels are computed in the run, so they were not packed at load.
pub(super) fn conv_transpose(
    context: &Context<'_>,
    conv: &ConvTranspose,
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&&Tensor>,
) -> Result<Tensor, Fault> {
    let bias = bias.map(|bias| bias.to_vec1()).transpose()?;
    PreparedConvTranspose::new(conv, &weight.flatten_all()?.to_vec1()?, weight.dims(), bias)?
        .apply(context.memory, x)
}

fn conv2d(conv: &Conv, x: &Tensor, weight: &Tensor) -> Result<Tensor, Fault> {
    let ((_, _, height, width), (_, _, down, across)) = (x.dims4()?, weight.dims4()?);
    let geometry = Geometry::new(conv, &[down, across]);
    let size = geometry.output([height, width])?;
    Ok(match (geometry.stride, geometry.dilation, geometry.padding) {
        ([stride, s], [dilation, d], [[padding, a], [b, c]]) if stride == s && dilation == d => {
            let even = [a, b, c] == [padding; 3];
            let (x, padding) = if even { (x.clone(), padding) } else { (padded(&geometry, x)?, 0) };
            x.conv2d(weight, padding, stride, dilation, conv.groups)?
        }
        _ => by_taps(&geometry, conv.groups, &padded(&geometry, x)?.contiguous()?, weight, size)?,
    })
}

fn padded(geometry: &Geometry, x: &Tensor) -> candle_core::Result<Tensor> {
    let [[above, below], [left, right]] = geometry.padding;
    x.pad_with_zeros(2, above, below)?.pad_with_zeros(3, left, right)
}

/// The sum over the kernel's taps of what each one sees, times its weights: for steps and spacings
/// that differ between the axes, which candle's convolution does not take. `x` is padded already.
fn by_taps(
    geometry: &Geometry,
    groups: usize,
    x: &Tensor,
    weight: &Tensor,
    [rows, columns]: [usize; 2],
) -> candle_core::Result<Tensor> {
    let (batch, channels, _, _) = x.dims4()?;
    let (out, per_group, height, width) = weight.dims4()?;
    let seen = |x: &Tensor, axis: usize, tap: usize, count: usize| {
        let first = tap * geometry.dilation[axis];
        let at: Vec<i64> = (0..count).map(|step| (first + step * geometry.stride[axis]) as i64).collect();
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
