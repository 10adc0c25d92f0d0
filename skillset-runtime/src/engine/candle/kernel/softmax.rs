//! Softmax of the last axis.

use std::mem::MaybeUninit;

use candle_core::Tensor;
use rten_simd::SimdOp;
use rten_vecmath::Softmax;

use super::memory::Memory;
use super::parallel;
use super::storage::Floats;
use crate::engine::candle::error::Fault;

/// `exp(x) / Σ exp(x)` along the last axis.
pub(in crate::engine::candle) fn softmax(memory: &Memory, x: &Tensor) -> Result<Tensor, Fault> {
    let x = x.contiguous()?;
    let width = x.dims().last().copied().unwrap_or(1);
    let source = Floats::of(&x);
    let values = source.contiguous()?;
    let fill = |out: &mut [MaybeUninit<f32>]| {
        parallel::rows(out, width, 4, |first, out| {
            let values = &values[first * width..][..out.len()];
            for (row, out) in values.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
                Softmax::new(row, out).dispatch();
            }
        });
        Ok(())
    };
    // SAFETY: the rows cover the result, and `Softmax` writes every element of a row.
    unsafe { memory.filled(x.dims(), fill) }
}
