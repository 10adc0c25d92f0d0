//! Composites on values that only a run knows.

use candle_core::Tensor;

use super::{Fault, arithmetic};
use crate::ir::Linear;

/// A linear layer whose weight is computed in the run, so it was not packed at load.
pub(super) fn linear(
    linear: &Linear,
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&&Tensor>,
) -> Result<Tensor, Fault> {
    let weight = if linear.transposed { weight.clone() } else { weight.t()? };
    let product = x.broadcast_matmul(&weight)?;
    let sum = match bias {
        Some(bias) => product.broadcast_add(bias)?,
        None => product,
    };
    Ok(match linear.activation {
        Some(function) => arithmetic::activation(function, &sum)?,
        None => sum,
    })
}
