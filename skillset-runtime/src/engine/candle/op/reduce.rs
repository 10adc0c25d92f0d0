//! Reductions and scans.

use candle_core::{DType as CandleType, Tensor};

use super::{Context, Fault, integer};
use crate::engine::candle::kernel;
use crate::ir::Reduce;

/// Reduces over `axes`, which are kept with size 1.
pub(super) fn reduce(kind: Reduce, axes: &[usize], x: &Tensor) -> Result<Tensor, Fault> {
    if axes.iter().any(|&axis| x.dims()[axis] == 0) && kind != Reduce::Sum {
        return Err(Fault::Reason(format!("{kind:?} of no elements: axes {axes:?} of {:?}", x.dims())));
    }
    Ok(match kind {
        Reduce::Sum => x.sum_keepdim(axes)?,
        Reduce::Mean => x.mean_keepdim(axes)?,
        Reduce::Max => axes.iter().try_fold(x.clone(), |x, &axis| x.max_keepdim(axis))?,
        Reduce::Min => axes.iter().try_fold(x.clone(), |x, &axis| x.min_keepdim(axis))?,
    })
}

/// Index of the largest element along `axis`, the first on ties.
pub(super) fn arg_max(axis: usize, x: &Tensor) -> Result<Tensor, Fault> {
    if x.dims()[axis] == 0 {
        return Err(Fault::Reason(format!(
            "there is no largest of no elements: axis {axis} of {:?}",
            x.dims()
        )));
    }
    Ok(x.argmax(axis)?.to_dtype(CandleType::I64)?)
}

pub(super) fn softmax(context: &Context<'_>, axis: usize, x: &Tensor) -> Result<Tensor, Fault> {
    if context.kernels && axis + 1 == x.rank() && x.dtype() == CandleType::F32 {
        return kernel::softmax::softmax(x);
    }
    Ok(candle_nn::ops::softmax(x, axis)?)
}

pub(super) fn cumsum(axis: usize, x: &Tensor) -> Result<Tensor, Fault> {
    if x.dtype() == CandleType::I64 {
        return integer::cumsum(axis, x);
    }
    // candle multiplies the axis by a triangle, for which it has to be the last one in memory.
    let last = x.rank() - 1;
    Ok(x.transpose(axis, last)?.contiguous()?.cumsum(last)?.transpose(axis, last)?)
}
