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

/// Indices of the largest elements along the last axis, the first on ties.
pub(super) fn top_k(count: usize, x: &Tensor) -> Result<Tensor, Fault> {
    let size = x.dims().last().copied().unwrap_or(0);
    if size < count {
        return Err(Fault::Reason(format!("there are no {count} largest of {size} elements")));
    }
    let values = x.to_dtype(CandleType::F32)?.flatten_all()?.to_vec1::<f32>()?;
    let mut order: Vec<usize> = (0..size).collect();
    let mut indices: Vec<i64> = Vec::with_capacity(values.len() / size * count);
    for row in values.chunks_exact(size) {
        let largest_first = |&a: &usize, &b: &usize| row[b].total_cmp(&row[a]).then(a.cmp(&b));
        order.sort_unstable();
        order.select_nth_unstable_by(count - 1, largest_first);
        order[..count].sort_unstable_by(largest_first);
        indices.extend(order[..count].iter().map(|&index| index as i64));
    }
    let mut shape = x.dims().to_vec();
    *shape.last_mut().unwrap_or(&mut 0) = count;
    Ok(Tensor::from_vec(indices, shape, x.device())?)
}

pub(super) fn softmax(context: &Context<'_>, axis: usize, x: &Tensor) -> Result<Tensor, Fault> {
    if context.kernels && axis + 1 == x.rank() && x.dtype() == CandleType::F32 {
        return kernel::softmax::softmax(context.memory, x);
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
