//! Operations on indices.

use candle_core::Tensor;

use super::{Context, Fault};
use crate::ir::Dim;

/// `start, start + 1, …`
pub(super) fn iota(context: &Context<'_>, start: &Dim, len: &Dim) -> Result<Tensor, Fault> {
    let (start, len) = (context.size(start)? as i64, context.size(len)?);
    let values: Vec<i64> = (start..).take(len).collect();
    Ok(Tensor::from_vec(values, len, context.device)?)
}

/// The entries of `data` along `axis` at `indices` of any shape.
pub(super) fn gather(axis: usize, data: &Tensor, indices: &Tensor) -> Result<Tensor, Fault> {
    check(indices, data.dim(axis)?)?;
    let shape = [&data.dims()[..axis], indices.dims(), &data.dims()[axis + 1..]].concat();
    let picked = data.contiguous()?.index_select(&indices.flatten_all()?.contiguous()?, axis)?;
    Ok(picked.reshape(shape)?)
}

/// The elements of `data` along `axis` that `indices` names one by one.
pub(super) fn gather_elements(axis: usize, data: &Tensor, indices: &Tensor) -> Result<Tensor, Fault> {
    check(indices, data.dim(axis)?)?;
    Ok(data.contiguous()?.gather(&indices.contiguous()?, axis)?)
}

/// Finds the first index that is outside of `0..size`.
fn check(indices: &Tensor, size: usize) -> Result<(), Fault> {
    let values = indices.flatten_all()?.to_vec1::<i64>()?;
    let outside = |&value: &i64| usize::try_from(value).map_or(true, |value| value >= size);
    let Some(at) = values.iter().position(outside) else { return Ok(()) };
    let mut position = vec![0; indices.rank()];
    let mut rest = at;
    for (place, &size) in position.iter_mut().zip(indices.dims()).rev() {
        *place = rest % size;
        rest /= size;
    }
    Err(Fault::Index { value: values[at], position, size })
}
