//! Normalisation of the last axis.

use std::mem::MaybeUninit;

use candle_core::Tensor;
use rten_simd::SimdOp;
use rten_vecmath::{Normalize, NormalizeOptions, Sum, SumSquare, SumSquareSub};

use super::memory::Memory;
use super::parallel;
use super::storage::Floats;
use crate::engine::candle::error::Fault;

/// What a row is normalised by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::candle) enum Kind {
    /// Mean and variance, the variance around the mean (two passes, so nothing cancels).
    Layer,
    /// Root mean square.
    Rms,
}

/// Normalises the last axis of `x`, then scales by `weight` and shifts by `bias`.
pub(in crate::engine::candle) fn norm(
    memory: &Memory,
    kind: Kind,
    eps: f64,
    x: &Tensor,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
) -> Result<Tensor, Fault> {
    let x = x.contiguous()?;
    let width = x.dims().last().copied().unwrap_or(1);
    let source = Floats::of(&x);
    let values = source.contiguous()?;
    let (weight, bias) = (weight.map(Floats::of), bias.map(Floats::of));
    let weight = weight.as_ref().map(Floats::contiguous).transpose()?;
    let bias = bias.as_ref().map(Floats::contiguous).transpose()?;
    let fill = |out: &mut [MaybeUninit<f32>]| {
        parallel::rows(out, width, 4, |first, out| {
            let values = &values[first * width..][..out.len()];
            for (row, out) in values.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
                let mean = match kind {
                    Kind::Layer => Sum::new(row).dispatch() / width as f32,
                    Kind::Rms => 0.0,
                };
                let squares = match kind {
                    Kind::Layer => SumSquareSub::new(row, mean).dispatch(),
                    Kind::Rms => SumSquare::new(row).dispatch(),
                };
                let variance = f64::from(squares) / width as f64;
                let options = NormalizeOptions {
                    pre_scale_bias: mean,
                    scale: (1.0 / (variance + eps).sqrt()) as f32,
                    element_scale: weight,
                    bias: 0.0,
                    element_bias: bias,
                };
                Normalize::new(row, out, options).dispatch();
            }
        });
        Ok(())
    };
    // SAFETY: the rows cover the result, and `Normalize` writes every element of a row.
    unsafe { memory.filled(x.dims(), fill) }
}
