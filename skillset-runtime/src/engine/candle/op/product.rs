//! Products of matrices.

use candle_core::Tensor;

use super::Fault;

/// A batched product.
pub(super) fn product(a: &Tensor, b: &Tensor) -> Result<Tensor, Fault> {
    Ok(packed(a)?.broadcast_matmul(&packed(b)?)?)
}

/// Matrices as candle multiplies them: one behind the other in memory, by rows or by columns.
fn packed(x: &Tensor) -> Result<Tensor, Fault> {
    let (sizes, strides) = (x.dims(), x.stride());
    let (batch, matrix) = strides.split_at(strides.len().saturating_sub(2));
    let is_one_batch = (1..batch.len()).all(|axis| batch[axis - 1] == batch[axis] * sizes[axis]);
    Ok(if is_one_batch && matrix.contains(&1) { x.clone() } else { x.contiguous()? })
}
