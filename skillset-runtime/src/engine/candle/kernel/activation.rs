//! Nonlinearities, vectorised.

use std::mem::MaybeUninit;

use rten_simd::ops::{BitOps, FloatOps, NumOps};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_vecmath::{ApproxGelu, Erf, Exp, Gelu, Sigmoid, Silu, Swish, Tanh};

use crate::engine::candle::op::{LAPLACE_MEAN, LAPLACE_SCALE};
use crate::ir::Activation;

/// What a function of one value is applied to.
pub(super) enum Target<'a> {
    /// Elements that are replaced.
    InPlace(&'a mut [f32]),
    /// Elements, and as much memory for the results.
    Into(&'a [f32], &'a mut [MaybeUninit<f32>]),
}

/// Applies `function` to every element.
pub(super) fn apply(function: Activation, target: Target<'_>) {
    match function {
        Activation::Identity => target.each(|x| x),
        Activation::Relu => target.each(relu),
        Activation::Relu6 => target.each(|x| if x > 6.0 { 6.0 } else { relu(x) }),
        Activation::Relu2 => target.each(|x| relu(x) * relu(x)),
        Activation::Gelu => target.vectors(&Gelu {}),
        Activation::GeluTanh => target.vectors(&ApproxGelu {}),
        Activation::QuickGelu => target.vectors(&Swish { alpha: 1.702 }),
        Activation::Silu => target.vectors(&Silu {}),
        Activation::Sigmoid => target.vectors(&Sigmoid {}),
        Activation::Tanh => target.vectors(&Tanh {}),
        Activation::Mish => target.vectors(&Mish),
        // ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|), which does not overflow.
        Activation::SqrtSoftplus => target.each(|x| (relu(x) + (-x.abs()).exp().ln_1p()).sqrt()),
        Activation::LeakyRelu => target.each(|x| if x < 0.0 { 0.01 * x } else { x }),
        Activation::HardSwish => target.each(|x| {
            let gate = x + 3.0;
            x * if gate > 6.0 { 6.0 } else { relu(gate) } / 6.0
        }),
        Activation::ClippedGelu => target.vectors(&ClippedGelu),
        Activation::Laplace => target.vectors(&Laplace),
    }
}

/// max(x, 0); NaN stays NaN.
#[inline(always)]
fn relu(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

impl Target<'_> {
    /// Applies a function that is written for vectors.
    pub(super) fn vectors(self, function: &impl SimdUnaryOp<f32>) {
        match self {
            Self::InPlace(values) => function.map_mut(values),
            Self::Into(values, out) => {
                function.map(values, out);
            }
        }
    }

    /// Applies a function of numbers, which the compiler vectorises where it can.
    pub(super) fn each(self, function: impl Fn(f32) -> f32) {
        Each { target: self, function }.dispatch();
    }
}

/// A loop that is compiled once for each instruction set.
struct Each<'a, F> {
    target: Target<'a>,
    function: F,
}

impl<F: Fn(f32) -> f32> SimdOp for Each<'_, F> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _isa: I) {
        match self.target {
            Target::InPlace(values) => values.iter_mut().for_each(|value| *value = (self.function)(*value)),
            Target::Into(values, out) => {
                for (out, &value) in out.iter_mut().zip(values) {
                    out.write((self.function)(value));
                }
            }
        }
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
