//! Normalisation of groups of channels, in the layout that the input has.

use std::mem::MaybeUninit;

use candle_core::Tensor;
use rayon::prelude::*;
use rten_simd::{Isa, SimdOp};
use rten_vecmath::{Normalize, NormalizeOptions, Sum, SumSquareSub};

use super::memory::Memory;
use super::parallel;
use super::storage::Floats;
use crate::engine::candle::error::Fault;
use crate::ir::GroupNorm;

/// Values that are summed up in single precision in each lane; sums of these in double precision.
const BLOCK: usize = 64;

/// Normalises groups of the channels of `[n, channels, …]`, then scales and shifts each channel.
pub(in crate::engine::candle) fn group_norm(
    memory: &Memory,
    norm: &GroupNorm,
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
) -> Result<Tensor, Fault> {
    let (weight, bias) = (weight.contiguous()?, bias.contiguous()?);
    let (weight, bias) = (Floats::of(&weight), Floats::of(&bias));
    let scales = Scales { weight: weight.contiguous()?, bias: bias.contiguous()? };
    // Channels from place 1 to the end.
    let order: Vec<usize> = std::iter::once(0).chain(2..x.rank()).chain([1]).collect();
    let last = x.permute(order)?;
    if last.is_contiguous() {
        let back: Vec<usize> = [0, x.rank() - 1].into_iter().chain(1..x.rank() - 1).collect();
        return Ok(channels_last(memory, norm, &last, &scales)?.permute(back)?);
    }
    channels_first(memory, norm, &x.contiguous()?, &scales)
}

/// A factor and a summand for each channel.
struct Scales<'a> {
    weight: &'a [f32],
    bias: &'a [f32],
}

/// A group is a row in memory.
fn channels_first(
    memory: &Memory,
    norm: &GroupNorm,
    x: &Tensor,
    scales: &Scales<'_>,
) -> Result<Tensor, Fault> {
    let channels = scales.weight.len() / norm.groups;
    let source = Floats::of(x);
    let values = source.contiguous()?;
    let size = values.len() / (x.dim(0)? * norm.groups);
    let fill = |out: &mut [MaybeUninit<f32>]| {
        parallel::rows(out, size, 4, |first, out| {
            let values = values[first * size..].chunks_exact(size);
            for ((index, row), out) in (first..).zip(values).zip(out.chunks_exact_mut(size)) {
                let blocks = || row.chunks(BLOCK * BLOCK);
                let sum: f64 = blocks().map(|block| f64::from(Sum::new(block).dispatch())).sum();
                let mean = (sum / size as f64) as f32;
                let squares: f64 =
                    blocks().map(|block| f64::from(SumSquareSub::new(block, mean).dispatch())).sum();
                let factor = 1.0 / (squares / size as f64 + norm.eps).sqrt();
                let channel = index % norm.groups * channels;
                let rows = row.chunks_exact(size / channels).zip(out.chunks_exact_mut(size / channels));
                for (channel, (row, out)) in (channel..).zip(rows) {
                    let options = NormalizeOptions {
                        pre_scale_bias: mean,
                        scale: (factor * f64::from(scales.weight[channel])) as f32,
                        element_scale: None,
                        bias: scales.bias[channel],
                        element_bias: None,
                    };
                    Normalize::new(row, out, options).dispatch();
                }
            }
        });
        Ok(())
    };
    // SAFETY: the rows cover the result, and `Normalize` writes every element of a row.
    unsafe { memory.filled(x.dims(), fill) }
}

/// A position's channels are a row in memory.
fn channels_last(
    memory: &Memory,
    norm: &GroupNorm,
    x: &Tensor,
    scales: &Scales<'_>,
) -> Result<Tensor, Fault> {
    let channels = scales.weight.len();
    let source = Floats::of(x);
    let values = source.contiguous()?;
    let size = values.len() / x.dim(0)?;
    let shifts: Vec<Shift> = values.chunks_exact(size).map(|image| Shift::new(norm, image, scales)).collect();
    let fill = |out: &mut [MaybeUninit<f32>]| {
        parallel::rows(out, channels, 2, |first, out| {
            let values = values[first * channels..].chunks_exact(channels);
            for ((index, row), out) in (first..).zip(values).zip(out.chunks_exact_mut(channels)) {
                let Shift { mean, factor } = &shifts[index / (size / channels)];
                Apply { row, mean, factor, bias: scales.bias, out }.dispatch();
            }
        });
        Ok(())
    };
    // SAFETY: the rows cover the result, and `Apply` writes every element of a row.
    unsafe { memory.filled(x.dims(), fill) }
}

/// What is subtracted from each channel, and what the difference is multiplied by.
struct Shift {
    mean: Vec<f32>,
    factor: Vec<f32>,
}

impl Shift {
    /// The shift that normalises the image `[positions, channels]`.
    fn new(norm: &GroupNorm, image: &[f32], scales: &Scales<'_>) -> Self {
        let channels = scales.weight.len();
        let each = channels / norm.groups;
        let count = (image.len() / norm.groups) as f64;
        let of_group = |sums: &[f64]| -> Vec<f64> {
            sums.chunks_exact(each).map(|group| group.iter().sum::<f64>() / count).collect()
        };
        let zero = vec![0.0; channels];
        let means = of_group(&sums(image, &zero, false));
        let mean: Vec<f32> = (0..channels).map(|channel| means[channel / each] as f32).collect();
        let variances = of_group(&sums(image, &mean, true));
        let factor = |channel: usize| {
            (f64::from(scales.weight[channel]) / (variances[channel / each] + norm.eps).sqrt()) as f32
        };
        Self { factor: (0..channels).map(factor).collect(), mean }
    }
}

/// The sum over positions of each channel's difference from `mean`, or of its square.
fn sums(image: &[f32], mean: &[f32], square: bool) -> Vec<f64> {
    let channels = mean.len();
    let block = |rows: &[f32]| {
        let mut sums = vec![0.0; channels];
        rows.chunks_exact(channels).for_each(|row| AddRow { row, mean, square, sums: &mut sums }.dispatch());
        sums.into_iter().map(f64::from).collect::<Vec<f64>>()
    };
    let add = |mut a: Vec<f64>, b: Vec<f64>| {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        a
    };
    // In the order of the blocks, so that results do not depend on how threads share them.
    let blocks: Vec<Vec<f64>> = image.par_chunks(BLOCK * channels).map(block).collect();
    blocks.into_iter().fold(vec![0.0; channels], add)
}

/// Adds differences, or their squares, to sums.
struct AddRow<'a> {
    row: &'a [f32],
    mean: &'a [f32],
    square: bool,
    sums: &'a mut [f32],
}

impl SimdOp for AddRow<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _isa: I) {
        let differences = self.row.iter().zip(self.mean).map(|(x, mean)| x - mean);
        let sums = self.sums.iter_mut().zip(differences);
        if self.square {
            sums.for_each(|(sum, difference)| *sum += difference * difference);
        } else {
            sums.for_each(|(sum, difference)| *sum += difference);
        }
    }
}

/// `(x − mean) · factor + bias`
struct Apply<'a> {
    row: &'a [f32],
    mean: &'a [f32],
    factor: &'a [f32],
    bias: &'a [f32],
    out: &'a mut [MaybeUninit<f32>],
}

impl SimdOp for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _isa: I) {
        let scales = self.mean.iter().zip(self.factor).zip(self.bias);
        for ((out, x), ((mean, factor), bias)) in self.out.iter_mut().zip(self.row).zip(scales) {
            out.write((x - mean) * factor + bias);
        }
    }
}
