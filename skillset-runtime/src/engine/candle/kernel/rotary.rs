//! Rotation of pairs of channels by position.

use std::mem::MaybeUninit;

use candle_core::Tensor;
use rten_simd::{Isa, SimdOp};

use super::memory::Memory;
use super::parallel;
use super::storage::{Floats, unit_rows};
use crate::engine::candle::error::Fault;
use crate::ir::RotaryPairs;

/// Rotates the first channels of x `[batch, heads, s, d]` by cos and sin `[batch or 1, s, r/2]`.
pub(in crate::engine::candle) fn rotate(
    memory: &Memory,
    pairs: RotaryPairs,
    x: &Tensor,
    cos: &Tensor,
    sin: &Tensor,
) -> Result<Tensor, Fault> {
    let (_, heads, length, width) = x.dims4()?;
    let (tables, _, half) = cos.dims3()?;
    let (x, cos, sin) = (unit_rows(x)?, cos.contiguous()?, sin.contiguous()?);
    let (x_source, cos, sin) = (Floats::of(&x), Floats::of(&cos), Floats::of(&sin));
    let (values, cos, sin) = (x_source.data()?, cos.contiguous()?, sin.contiguous()?);
    let strides = x_source.strides();
    let fill = |out: &mut [MaybeUninit<f32>]| {
        parallel::rows(out, width, 2, |first, rows| {
            for (index, out) in (first..).zip(rows.chunks_exact_mut(width)) {
                let (position, head, batch) =
                    (index % length, index / length % heads, index / length / heads);
                let at = batch * strides[0] + head * strides[1] + position * strides[2];
                let table = ((if tables == 1 { 0 } else { batch }) * length + position) * half;
                let x = &values[at..][..width];
                let (cos, sin) = (&cos[table..][..half], &sin[table..][..half]);
                Turn { pairs, x, cos, sin, out }.dispatch();
            }
        });
        Ok(())
    };
    // SAFETY: the rows cover the result, and `Turn` writes every element of a row.
    unsafe { memory.filled(x.dims(), fill) }
}

/// The rotation of one row.
struct Turn<'a> {
    pairs: RotaryPairs,
    x: &'a [f32],
    cos: &'a [f32],
    sin: &'a [f32],
    out: &'a mut [MaybeUninit<f32>],
}

impl SimdOp for Turn<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _isa: I) {
        let Self { pairs, x, cos, sin, out } = self;
        let half = cos.len();
        let (turned, kept) = out.split_at_mut(2 * half);
        let (x, rest) = x.split_at(2 * half);
        let angles = cos.iter().zip(sin);
        match pairs {
            RotaryPairs::Halves => {
                let (a, b) = x.split_at(half);
                let (first, second) = turned.split_at_mut(half);
                let places = first.iter_mut().zip(second);
                for (((first, second), (a, b)), (cos, sin)) in places.zip(a.iter().zip(b)).zip(angles) {
                    first.write(a * cos - b * sin);
                    second.write(b * cos + a * sin);
                }
            }
            RotaryPairs::Adjacent => {
                let places = turned.as_chunks_mut::<2>().0.iter_mut();
                for (([first, second], [a, b]), (cos, sin)) in places.zip(x.as_chunks::<2>().0).zip(angles) {
                    first.write(a * cos - b * sin);
                    second.write(b * cos + a * sin);
                }
            }
        }
        for (out, &x) in kept.iter_mut().zip(rest) {
            out.write(x);
        }
    }
}
