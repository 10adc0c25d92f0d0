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

/// `x` as candle multiplies it: matrices one behind the other, each by rows or by columns.
pub(super) fn matrices(x: &Tensor) -> Result<Tensor, Fault> {
    let (sizes, strides) = (x.dims(), x.stride());
    let (Some((leading, &[rows, columns])), Some((steps, matrix))) =
        (sizes.split_last_chunk(), strides.split_last_chunk::<2>())
    else {
        return Ok(x.clone());
    };
    let mut expected = rows * columns;
    let mut even = *matrix == [columns, 1] || *matrix == [1, rows];
    for (size, step) in leading.iter().zip(steps).rev() {
        even &= *size == 1 || *step == expected;
        expected *= size;
    }
    if even { Ok(x.clone()) } else { Ok(x.contiguous()?) }
}
