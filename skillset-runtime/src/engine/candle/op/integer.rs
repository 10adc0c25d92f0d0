//! Arithmetic of integers.
//!
//! candle's integer operations panic on overflow and division by zero, and some are missing; graphs
//! compute little with integers (positions, masks), so all of it happens here, wrapping.

use candle_core::Tensor;

use super::Fault;
use crate::ir::{Binary, Unary};

pub(super) fn unary(unary: Unary, x: &Tensor) -> Result<Tensor, Fault> {
    let function = match unary {
        Unary::Neg => i64::wrapping_neg,
        Unary::Abs => i64::wrapping_abs,
        _ => return Err(Fault::Reason(format!("{unary:?} is not defined on integers"))),
    };
    let values = x.flatten_all()?.to_vec1::<i64>()?.into_iter().map(function).collect();
    Ok(Tensor::from_vec(values, x.shape(), x.device())?)
}

pub(super) fn binary(binary: Binary, a: &Tensor, b: &Tensor) -> Result<Tensor, Fault> {
    let shape = a.shape().broadcast_shape_binary_op(b.shape(), "integer")?;
    let values = |x: &Tensor| x.broadcast_as(&shape)?.flatten_all()?.to_vec1::<i64>();
    let pairs = values(a)?.into_iter().zip(values(b)?);
    let results: Result<Vec<i64>, Fault> = pairs.map(|(a, b)| apply(binary, a, b)).collect();
    Ok(Tensor::from_vec(results?, &shape, a.device())?)
}

fn apply(binary: Binary, a: i64, b: i64) -> Result<i64, Fault> {
    match binary {
        Binary::Add => Ok(a.wrapping_add(b)),
        Binary::Sub => Ok(a.wrapping_sub(b)),
        Binary::Mul => Ok(a.wrapping_mul(b)),
        Binary::Min => Ok(a.min(b)),
        Binary::Max => Ok(a.max(b)),
        Binary::Div if b == 0 => Err(Fault::Reason(format!("{a} is divided by zero"))),
        Binary::Div => Ok(a.wrapping_div(b)),
        Binary::Pow => match u32::try_from(b) {
            Ok(exponent) => Ok(a.wrapping_pow(exponent)),
            Err(_) => Err(Fault::Reason(format!("{a} has no integer power of {b}"))),
        },
        Binary::And | Binary::Or => Err(Fault::Reason(format!("{binary:?} is not defined on integers"))),
    }
}

/// Running sums along `axis`.
pub(super) fn cumsum(axis: usize, x: &Tensor) -> Result<Tensor, Fault> {
    let mut values = x.flatten_all()?.to_vec1::<i64>()?;
    let step: usize = x.dims()[axis + 1..].iter().product();
    let row = step * x.dims()[axis];
    if row > 0 {
        for row in values.chunks_exact_mut(row) {
            for at in step..row.len() {
                row[at] = row[at].wrapping_add(row[at - step]);
            }
        }
    }
    Ok(Tensor::from_vec(values, x.shape(), x.device())?)
}
