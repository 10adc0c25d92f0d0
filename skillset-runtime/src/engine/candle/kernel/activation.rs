//! Nonlinearities, vectorised.

use rten_simd::ops::{BitOps, FloatOps, NumOps};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_vecmath::{ApproxGelu, Erf, Exp, Gelu, Sigmoid, Silu, Swish, Tanh};

use crate::engine::candle::op::{LAPLACE_MEAN, LAPLACE_SCALE};
use crate::ir::Activation;

/// Applies `function` to every element in place.
pub(super) fn apply(function: Activation, values: &mut [f32]) {
    match function {
        Activation::Identity => {}
        Activation::Relu => each(values, relu),
        Activation::Relu6 => each(values, |x| if x > 6.0 { 6.0 } else { relu(x) }),
        Activation::Relu2 => each(values, |x| relu(x) * relu(x)),
        Activation::Gelu => Gelu {}.map_mut(values),
        Activation::GeluTanh => ApproxGelu {}.map_mut(values),
        Activation::QuickGelu => Swish { alpha: 1.702 }.map_mut(values),
        Activation::Silu => Silu {}.map_mut(values),
        Activation::Sigmoid => Sigmoid {}.map_mut(values),
        Activation::Tanh => Tanh {}.map_mut(values),
        Activation::Mish => Mish.map_mut(values),
        Activation::SqrtSoftplus => each(values, |x| softplus(x).sqrt()),
        Activation::LeakyRelu => each(values, |x| if x < 0.0 { 0.01 * x } else { x }),
        Activation::HardSwish => each(values, |x| {
            let gate = x + 3.0;
            x * if gate > 6.0 { 6.0 } else { relu(gate) } / 6.0
        }),
        Activation::ClippedGelu => ClippedGelu.map_mut(values),
        Activation::Laplace => Laplace.map_mut(values),
    }
}

/// max(x, 0); NaN stays NaN.
#[inline(always)]
fn relu(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|), which does not overflow.
#[inline(always)]
pub(super) fn softplus(x: f32) -> f32 {
    relu(x) + (-x.abs()).exp().ln_1p()
}

/// Applies a function of numbers, which the compiler vectorises where it can.
pub(super) fn each(values: &mut [f32], function: impl Fn(f32) -> f32) {
    Each { values, function }.dispatch();
}

/// A loop that is compiled once for each instruction set.
struct Each<'a, F> {
    values: &'a mut [f32],
    function: F,
}

impl<F: Fn(f32) -> f32> SimdOp for Each<'_, F> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _isa: I) {
        self.values.iter_mut().for_each(|value| *value = (self.function)(*value));
    }
}

/// x · tanh(ln(1 + eˣ)) = x · n / (n + 2) with n = eˣ (eˣ + 2)
struct Mish;

impl SimdUnaryOp<f32> for Mish {
    #[inline(always)]
    fn eval<I: Isa>(&self, isa: I, x: I::F32) -> I::F32 {
        let ops = isa.f32();
        let two = ops.splat(2.0);
        // Beyond 20 the quotient is 1 in single precision, and n would overflow later on.
        let limit = ops.splat(20.0);
        let power = Exp::apply(isa, ops.select(limit, x, ops.gt(x, limit)));
        let n = ops.mul(power, ops.add(power, two));
        ops.mul(x, ops.div(n, ops.add(n, two)))
    }
}

/// GELU limited to ±10.
struct ClippedGelu;

impl SimdUnaryOp<f32> for ClippedGelu {
    #[inline(always)]
    fn eval<I: Isa>(&self, isa: I, x: I::F32) -> I::F32 {
        let ops = isa.f32();
        let (y, limit) = (Gelu {}.eval(isa, x), ops.splat(10.0));
        let y = ops.select(limit, y, ops.gt(y, limit));
        ops.select(ops.neg(limit), y, ops.lt(y, ops.neg(limit)))
    }
}

/// (1 + erf((x − µ) / (σ √2))) / 2
struct Laplace;

impl SimdUnaryOp<f32> for Laplace {
    #[inline(always)]
    fn eval<I: Isa>(&self, isa: I, x: I::F32) -> I::F32 {
        let ops = isa.f32();
        let scaled = ops.div(ops.sub(x, ops.splat(LAPLACE_MEAN)), ops.splat(LAPLACE_SCALE));
        ops.mul(ops.add(Erf::apply(isa, scaled), ops.one()), ops.splat(0.5))
    }
}
