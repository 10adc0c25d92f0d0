//! A panel of a few queries: keys and values are read once, in the order of memory.

use std::ops::Range;

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_vecmath::{Exp, Tanh};

use super::problem::{Panel, Problem};
use super::{Blind, TILE, parts};
use crate::engine::candle::kernel::parallel::Shared;
use crate::engine::candle::kernel::product::dot;

/// Attention of the rows of `panel` to `keys`.
pub(super) struct Few<'a> {
    pub problem: &'a Problem<'a>,
    pub panel: Panel,
    pub keys: Range<usize>,
    pub out: &'a Shared<'a>,
    pub scratch: &'a mut Vec<f32>,
}

impl SimdOp for Few<'_> {
    type Output = Blind;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> Blind {
        let Self { problem, panel, keys, out, scratch } = self;
        let (rows, width, value_width) = (panel.count, problem.width, problem.value_width);
        let lengths = [rows * width, TILE, rows * value_width, rows, rows];
        let [queries, scores, sums, highest, totals] = parts(scratch, lengths);
        for row in 0..rows {
            let scaled = queries[row * width..].iter_mut().zip(problem.query(&panel, row));
            scaled.for_each(|(scaled, x)| *scaled = x * problem.flags.scale as f32);
        }
        sums.fill(0.0);
        highest.fill(f32::NEG_INFINITY);
        totals.fill(0.0);

        for first in keys.clone().step_by(TILE) {
            let tile = first..keys.end.min(first + TILE);
            let (key, key_step) = problem.from(&problem.key, &panel, first);
            let (value, value_step) = problem.from(&problem.value, &panel, first);
            let scores = &mut scores[..tile.len()];
            for row in 0..rows {
                let query = &queries[row * width..][..width];
                for (at, score) in scores.iter_mut().enumerate() {
                    *score = dot(isa, query, &key[at * key_step..][..width]);
                }
                adjust(isa, problem, &panel, row, first, scores);
                let before = highest[row];
                highest[row] = scores.iter().fold(before, |a, &b| if a >= b { a } else { b });
                // Minus infinity less itself is no number; nothing was added up before it anyway.
                let top = if highest[row] == f32::NEG_INFINITY { 0.0 } else { highest[row] };
                let kept = (before - top).exp();
                totals[row] = totals[row] * kept + exponentials(isa, scores, top);
                let sums = &mut sums[row * value_width..][..value_width];
                add_values(isa, sums, kept, scores, value, value_step);
            }
        }

        let mut blind = 0;
        for row in 0..rows {
            // SAFETY: this row is this panel's, and no other thread has the panel.
            let out = unsafe { out.slice(problem.result_at(&panel, row), value_width) };
            for (out, sum) in out.iter_mut().zip(&sums[row * value_width..]) {
                out.write(sum / totals[row]);
            }
            blind |= Blind::from(highest[row] <= f32::MIN) << row;
        }
        blind
    }
}

/// Cap, bias and masks of one row's scores of the keys from `first` on.
#[inline(always)]
fn adjust<I: Isa>(
    isa: I,
    problem: &Problem<'_>,
    panel: &Panel,
    row: usize,
    first: usize,
    scores: &mut [f32],
) {
    if let Some(limit) = problem.flags.softcap {
        let limit = limit as f32;
        scores.iter_mut().for_each(|score| *score /= limit);
        map(isa, scores, |isa, x| Tanh::apply(isa, x));
        scores.iter_mut().for_each(|score| *score *= limit);
    }
    if let Some(bias) = &problem.bias {
        let at = problem.bias_at(bias, panel, row) + first * bias.steps[3];
        for (key, score) in scores.iter_mut().enumerate() {
            *score += bias.data[at + key * bias.steps[3]];
        }
    }
    let visible = problem.visible(panel, row);
    let (start, end) = (visible.start.saturating_sub(first), visible.end.saturating_sub(first));
    let length = scores.len();
    scores[..start.min(length)].fill(f32::MIN);
    scores[end.min(length)..].fill(f32::MIN);
    if let Some(mask) = problem.mask(panel) {
        for (score, _) in scores.iter_mut().zip(&mask[first..]).filter(|(_, attend)| **attend == 0) {
            *score = f32::MIN;
        }
    }
}

/// Replaces scores by `exp(score − top)` and returns their sum.
#[inline(always)]
fn exponentials<I: Isa>(isa: I, scores: &mut [f32], top: f32) -> f32 {
    let ops = isa.f32();
    let top = ops.splat(top);
    map(isa, scores, |isa, x| Exp::apply(isa, isa.f32().sub(x, top)));
    let sum = scores.chunks(ops.len()).fold(ops.zero(), |sum, x| ops.add(sum, ops.load_pad(x).0));
    ops.sum(sum)
}

/// Applies `function` to every element.
#[inline(always)]
fn map<I: Isa>(isa: I, values: &mut [f32], function: impl Fn(I, I::F32) -> I::F32) {
    let ops = isa.f32();
    for chunk in values.chunks_mut(ops.len()) {
        let (x, filled) = ops.load_pad(chunk);
        let y = function(isa, x);
        // SAFETY: the mask covers the elements that are there.
        unsafe { ops.store_ptr_mask(y, chunk.as_mut_ptr(), filled) };
    }
}

/// `sums · kept + Σ weightᵢ · valueᵢ`
#[inline(always)]
fn add_values<I: Isa>(isa: I, sums: &mut [f32], kept: f32, weights: &[f32], values: &[f32], step: usize) {
    let ops = isa.f32();
    let vector = ops.len();
    let kept = ops.splat(kept);
    let width = sums.len();
    // As many columns at once as there are registers for on every machine.
    let wide = width / (4 * vector) * (4 * vector);
    for column in (0..wide).step_by(4 * vector) {
        let mut sum = ops.load_many::<4>(&sums[column..]).map(|sum| ops.mul(sum, kept));
        for (at, &weight) in weights.iter().enumerate() {
            let weight = ops.splat(weight);
            let value = ops.load_many::<4>(&values[at * step + column..]);
            for lane in 0..4 {
                sum[lane] = ops.mul_add(weight, value[lane], sum[lane]);
            }
        }
        for lane in 0..4 {
            ops.store(sum[lane], &mut sums[column + lane * vector..]);
        }
    }
    for column in (wide..width).step_by(vector) {
        let end = width.min(column + vector);
        let (sum, filled) = ops.load_pad(&sums[column..end]);
        let mut sum = ops.mul(sum, kept);
        for (at, &weight) in weights.iter().enumerate() {
            let value = ops.load_pad(&values[at * step + column..at * step + end]).0;
            sum = ops.mul_add(ops.splat(weight), value, sum);
        }
        // SAFETY: the mask covers the columns that are there.
        unsafe { ops.store_ptr_mask(sum, sums[column..end].as_mut_ptr(), filled) };
    }
}
