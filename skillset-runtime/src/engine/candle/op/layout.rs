//! Operations that move elements, or need them in some order.

use candle_core::Tensor;

use super::Fault;

/// Values joined along `axis`.
pub(super) fn concat(axis: usize, inputs: &[&Tensor]) -> Result<Tensor, Fault> {
    let filled: Vec<&Tensor> = inputs.iter().copied().filter(|x| x.elem_count() > 0).collect();
    match filled.as_slice() {
        [] => Ok(Tensor::cat(inputs, axis)?),
        [one] => Ok((*one).clone()),
        several => Ok(Tensor::cat(several, axis)?),
    }
}

/// The range `start..end` of `axis`.
pub(super) fn slice(axis: usize, start: usize, end: usize, x: &Tensor) -> Result<Tensor, Fault> {
    let size = x.dim(axis)?;
    if start > end || end > size {
        return Err(Fault::Reason(format!(
            "{start}..{end} is no range of axis {axis}, which has {size} entries"
        )));
    }
    Ok(x.narrow(axis, start, end - start)?)
}

/// Batched matrix product; candle's takes matrices that lie behind each other, row by row or column by column.
pub(super) fn matmul(a: &Tensor, b: &Tensor) -> Result<Tensor, Fault> {
    let compact = |x: &Tensor| {
        let lies_well = x.is_contiguous() || x.t().is_ok_and(|x| x.is_contiguous());
        if lies_well { Ok(x.clone()) } else { x.contiguous() }
    };
    Ok(compact(a)?.broadcast_matmul(&compact(b)?)?)
}
