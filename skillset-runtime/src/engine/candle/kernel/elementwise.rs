//! Element-wise functions of one and two tensors.

use std::mem::MaybeUninit;

use candle_core::Tensor;
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_vecmath::{Erf, Exp};

use super::activation::{self, each};
use super::memory::Memory;
use super::parallel;
use super::storage::{Floats, Order};
use crate::engine::candle::error::Fault;
use crate::ir::{Binary, Unary};

/// Elements that are copied and then changed in place while they are in the first-level cache.
const BLOCK: usize = 2048;

/// A function of every element of `x`; the result lies in memory as `x` does.
pub(in crate::engine::candle) fn unary(memory: &Memory, unary: Unary, x: &Tensor) -> Result<Tensor, Fault> {
    let order = Order::of(x);
    let x = order.apply(x)?.contiguous()?;
    let source = Floats::of(&x);
    let values = source.contiguous()?;
    let apply = |values: &mut [f32]| match unary {
        Unary::Neg => each(values, |x| -x),
        Unary::Abs => each(values, f32::abs),
        Unary::Exp => Exp {}.map_mut(values),
        Unary::Log => each(values, f32::ln),
        Unary::Sqrt => each(values, f32::sqrt),
        Unary::Sin => each(values, f32::sin),
        Unary::Cos => each(values, f32::cos),
        Unary::Erf => Erf {}.map_mut(values),
        Unary::Floor => each(values, f32::floor),
        Unary::Softplus => each(values, activation::softplus),
        Unary::Not => each(values, |x| f32::from(x == 0.0)),
        Unary::Activation(function) => activation::apply(function, values),
    };
    let fill = |out: &mut [MaybeUninit<f32>]| {
        parallel::rows(out, 1, 4, |start, out| {
            for (start, out) in (start..).step_by(BLOCK).zip(out.chunks_mut(BLOCK)) {
                apply(out.write_copy_of_slice(&values[start..][..out.len()]));
            }
        });
        Ok(())
    };
    // SAFETY: the chunks cover the result, and each is written whole by the copy.
    order.undo(&unsafe { memory.filled(x.dims(), fill) }?)
}

/// A function of the elements of `a` and `b`, broadcast; the result lies in memory as the larger one does.
pub(in crate::engine::candle) fn binary(
    memory: &Memory,
    binary: Binary,
    a: &Tensor,
    b: &Tensor,
) -> Result<Tensor, Fault> {
    match binary {
        Binary::Add => zip(memory, a, b, |a, b| a + b),
        Binary::Sub => zip(memory, a, b, |a, b| a - b),
        Binary::Mul => zip(memory, a, b, |a, b| a * b),
        Binary::Div => zip(memory, a, b, |a, b| a / b),
        Binary::Pow => zip(memory, a, b, f32::powf),
        // NaN wins, as in PyTorch.
        Binary::Min => zip(memory, a, b, |a, b| if a < b || a.is_nan() { a } else { b }),
        Binary::Max => zip(memory, a, b, |a, b| if a > b || a.is_nan() { a } else { b }),
        Binary::And | Binary::Or => Err(Fault::Reason(format!("{binary:?} is not defined on floats"))),
    }
}

fn zip(
    memory: &Memory,
    a: &Tensor,
    b: &Tensor,
    function: impl Fn(f32, f32) -> f32 + Sync,
) -> Result<Tensor, Fault> {
    let shape = a.shape().broadcast_shape_binary_op(b.shape(), "binary")?;
    let (a, b) = (a.broadcast_as(&shape)?, b.broadcast_as(&shape)?);
    let order = Order::of(if a.layout().stride().contains(&0) { &b } else { &a });
    let (a, b) = (order.apply(&a)?, order.apply(&b)?);
    let (a, b) = (Floats::of(&a), Floats::of(&b));
    let axes = Axes::new(a.dims(), a.strides(), b.strides());
    let (shape, a, b) = (a.dims(), a.data()?, b.data()?);
    let fill = |out: &mut [MaybeUninit<f32>]| {
        parallel::rows(out, 1, 1, |start, out| axes.walk(start, out, a, b, &function));
        Ok(())
    };
    // SAFETY: the chunks cover the result, and `walk` writes every element of its chunk.
    order.undo(&unsafe { memory.filled(shape, fill) }?)
}

/// The axes of two operands, as few as describe them: neighbours are joined where both operands
/// step through them evenly.
struct Axes {
    /// Size, step of a, step of b; the last axis is the fastest.
    axes: Vec<[usize; 3]>,
}

impl Axes {
    fn new(shape: &[usize], a: &[usize], b: &[usize]) -> Self {
        let mut axes: Vec<[usize; 3]> = Vec::with_capacity(shape.len());
        for ((&size, &a), &b) in shape.iter().zip(a).zip(b).filter(|((size, _), _)| **size != 1) {
            match axes.last_mut() {
                Some(outer) if outer[1] == a * size && outer[2] == b * size => {
                    *outer = [outer[0] * size, a, b];
                }
                _ => axes.push([size, a, b]),
            }
        }
        if axes.is_empty() {
            axes.push([1, 0, 0]);
        }
        Self { axes }
    }

    /// Computes the elements of `out`, which starts at element `start` of the result.
    fn walk(
        &self,
        mut start: usize,
        mut out: &mut [MaybeUninit<f32>],
        a: &[f32],
        b: &[f32],
        function: &impl Fn(f32, f32) -> f32,
    ) {
        while !out.is_empty() {
            let (mut at_a, mut at_b, mut rest) = (0, 0, start);
            for &[size, step_a, step_b] in self.axes.iter().rev() {
                at_a += rest % size * step_a;
                at_b += rest % size * step_b;
                rest /= size;
            }
            let [size, step_a, step_b] = self.axes[self.axes.len() - 1];
            let length = (size - start % size).min(out.len());
            let (line, behind) = std::mem::take(&mut out).split_at_mut(length);
            let (a, b) = (&a[at_a..], &b[at_b..]);
            Line { out: line, a, b, step_a, step_b, function }.dispatch();
            start += length;
            out = behind;
        }
    }
}

/// One line of evenly spaced elements, compiled for each instruction set.
struct Line<'a, F> {
    out: &'a mut [MaybeUninit<f32>],
    a: &'a [f32],
    b: &'a [f32],
    step_a: usize,
    step_b: usize,
    function: &'a F,
}

impl<F: Fn(f32, f32) -> f32> SimdOp for Line<'_, F> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _isa: I) {
        let Self { out, a, b, step_a, step_b, function } = self;
        let length = out.len();
        match (step_a, step_b) {
            (1, 1) => {
                for ((out, &a), &b) in out.iter_mut().zip(&a[..length]).zip(&b[..length]) {
                    out.write(function(a, b));
                }
            }
            (1, 0) => {
                let b = b[0];
                for (out, &a) in out.iter_mut().zip(&a[..length]) {
                    out.write(function(a, b));
                }
            }
            (0, 1) => {
                let a = a[0];
                for (out, &b) in out.iter_mut().zip(&b[..length]) {
                    out.write(function(a, b));
                }
            }
            _ => {
                for (index, out) in out.iter_mut().enumerate() {
                    out.write(function(a[index * step_a], b[index * step_b]));
                }
            }
        }
    }
}
