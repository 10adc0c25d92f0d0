//! Element-wise functions.

use candle_core::{DType as CandleType, Tensor};

use super::{Context, Fault, integer};
use crate::engine::candle::{convert, kernel};
use crate::ir::{Activation, Binary, Compare, DType, Unary};

pub(super) fn unary(context: &Context<'_>, unary: Unary, x: &Tensor) -> Result<Tensor, Fault> {
    match (x.dtype(), unary) {
        (CandleType::I64, _) => return integer::unary(unary, x),
        (_, Unary::Not) => return Ok(x.eq(0u8)?),
        (CandleType::F32, _) if context.kernels => {
            return kernel::elementwise::unary(context.memory, unary, x);
        }
        _ => {}
    }
    Ok(match unary {
        Unary::Neg => x.neg()?,
        Unary::Abs => x.abs()?,
        Unary::Exp => x.exp()?,
        Unary::Log => x.log()?,
        Unary::Sqrt => x.sqrt()?,
        Unary::Sin => x.sin()?,
        Unary::Cos => x.cos()?,
        Unary::Erf => x.erf()?,
        Unary::Floor => x.floor()?,
        Unary::Softplus => softplus(x)?,
        Unary::Not => x.eq(0u8)?,
        Unary::Activation(function) => activation(function, x)?,
    })
}

/// Nonlinearities by candle's own functions.
pub(super) fn activation(function: Activation, x: &Tensor) -> candle_core::Result<Tensor> {
    match function {
        Activation::Identity => Ok(x.clone()),
        Activation::Relu => x.relu(),
        Activation::Relu6 => x.clamp(0f32, 6f32),
        Activation::Relu2 => x.relu()?.sqr(),
        Activation::Gelu => x.gelu_erf(),
        Activation::GeluTanh => x.gelu(),
        Activation::QuickGelu => x * candle_nn::ops::sigmoid(&(x * 1.702)?)?,
        Activation::Silu => x.silu(),
        Activation::Sigmoid => candle_nn::ops::sigmoid(x),
        Activation::Tanh => x.tanh(),
        Activation::Mish => x * softplus(x)?.tanh()?,
        Activation::SqrtSoftplus => softplus(x)?.sqrt(),
        Activation::LeakyRelu => candle_nn::ops::leaky_relu(x, 0.01),
        Activation::HardSwish => x * ((x + 3.0)?.clamp(0f32, 6f32)? / 6.0)?,
        Activation::ClippedGelu => x.gelu_erf()?.clamp(-10f32, 10f32),
        Activation::Laplace => {
            let scaled = ((x - f64::from(LAPLACE_MEAN))? / f64::from(LAPLACE_SCALE))?;
            (scaled.erf()? + 1.0)? * 0.5
        }
    }
}

/// µ of [`Activation::Laplace`], as published.
#[expect(clippy::approx_constant, reason = "transformers has these digits, not 1/√2")]
pub(in crate::engine::candle) const LAPLACE_MEAN: f32 = 0.707107;
/// σ·√2 of [`Activation::Laplace`].
pub(in crate::engine::candle) const LAPLACE_SCALE: f32 = 0.282095 * std::f32::consts::SQRT_2;

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|), which does not overflow.
fn softplus(x: &Tensor) -> candle_core::Result<Tensor> {
    // ln(1 + p) = p · ln(w) / (w − 1) with w = 1 + p as rounded, and p itself where that is 1 (Kahan): the digits of p
    // that the sum loses come back with the quotient.
    let power = x.abs()?.neg()?.exp()?;
    let sum = (&power + 1.0)?;
    let log = ((&power * sum.log()?)? / (&sum - 1.0)?)?;
    x.relu()? + sum.eq(1f32)?.where_cond(&power, &log)?
}

pub(super) fn binary(context: &Context<'_>, binary: Binary, a: &Tensor, b: &Tensor) -> Result<Tensor, Fault> {
    match a.dtype() {
        CandleType::I64 => return integer::binary(binary, a, b),
        CandleType::F32 if context.kernels => {
            return kernel::elementwise::binary(context.memory, binary, a, b);
        }
        _ => {}
    }
    Ok(match binary {
        Binary::Add => a.broadcast_add(b)?,
        Binary::Sub => a.broadcast_sub(b)?,
        Binary::Mul | Binary::And => a.broadcast_mul(b)?,
        Binary::Div => a.broadcast_div(b)?,
        Binary::Min => a.broadcast_minimum(b)?,
        Binary::Max | Binary::Or => a.broadcast_maximum(b)?,
        Binary::Pow => power(a, b)?,
    })
}

/// aᵇ. candle's power of two tensors goes by logarithms and so lacks negative bases; with one number
/// for an exponent, as nearly every graph has it, candle is exact.
fn power(a: &Tensor, b: &Tensor) -> candle_core::Result<Tensor> {
    if b.elem_count() != 1 {
        return a.broadcast_pow(b);
    }
    let exponent = b.flatten_all()?.to_dtype(CandleType::F64)?.to_vec1::<f64>()?[0];
    a.broadcast_as(a.shape().broadcast_shape_binary_op(b.shape(), "pow")?)?.powf(exponent)
}

pub(super) fn compare(compare: Compare, a: &Tensor, b: &Tensor) -> Result<Tensor, Fault> {
    Ok(match compare {
        Compare::Equal => a.broadcast_eq(b)?,
        Compare::Less => a.broadcast_lt(b)?,
        Compare::LessOrEqual => a.broadcast_le(b)?,
        Compare::Greater => a.broadcast_gt(b)?,
        Compare::GreaterOrEqual => a.broadcast_ge(b)?,
    })
}

pub(super) fn select(condition: &Tensor, then: &Tensor, otherwise: &Tensor) -> Result<Tensor, Fault> {
    let values = then.shape().broadcast_shape_binary_op(otherwise.shape(), "select")?;
    let shape = condition.shape().broadcast_shape_binary_op(&values, "select")?;
    let wide = |x: &Tensor| x.broadcast_as(&shape);
    Ok(wide(condition)?.where_cond(&wide(then)?, &wide(otherwise)?)?)
}

pub(super) fn cast(dtype: DType, x: &Tensor) -> Result<Tensor, Fault> {
    match dtype {
        DType::Bool if x.dtype() != CandleType::U8 => Ok(x.ne(&x.zeros_like()?)?),
        _ => Ok(x.to_dtype(convert::dtype(dtype))?),
    }
}
