//! A panel of many queries, one in each lane of `VECTORS` vectors.
//!
//! Scores are computed transposed, `keys × queries`, so that a key's channels and a value's channels
//! are read where they lie, one at a time for all queries at once, and maxima and sums over keys need
//! no horizontal operations.

use std::ops::Range;

use rten_simd::ops::{BitOps, FloatOps, NumOps};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_vecmath::{Exp, Tanh};

use super::problem::{Panel, Problem};
use super::{Blind, TILE, parts};
use crate::engine::candle::kernel::parallel::Shared;
use crate::engine::candle::kernel::product::{MOST_LANES, Steps, product};

/// Attention of the rows of `panel` to `keys`.
pub(super) struct Lanes<'a, const VECTORS: usize> {
    pub problem: &'a Problem<'a>,
    pub panel: Panel,
    pub keys: Range<usize>,
    pub out: &'a Shared<'a>,
    pub scratch: &'a mut Vec<f32>,
}

impl<const VECTORS: usize> SimdOp for Lanes<'_, VECTORS> {
    type Output = Blind;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> Blind {
        let Self { problem, panel, keys, out, scratch } = self;
        let ops = isa.f32();
        let vector = ops.len();
        let lanes = VECTORS * vector;
        assert!(lanes <= MOST_LANES && panel.count <= lanes, "a panel is one lane a row");
        let (width, value_width) = (problem.width, problem.value_width);
        let lengths = [width * lanes, TILE * lanes, value_width * lanes, lanes, lanes];
        let [queries, scores, sums, highest, factors] = parts(scratch, lengths);

        queries.fill(0.0);
        for row in 0..panel.count {
            for (channel, &x) in problem.query(&panel, row).iter().enumerate() {
                queries[channel * lanes + row] = x * problem.flags.scale as f32;
            }
        }
        let adjustment = Adjustment::new(isa, problem, &panel);
        let mut top = [ops.splat(f32::NEG_INFINITY); VECTORS];
        let mut total = [ops.zero(); VECTORS];

        for first in keys.clone().step_by(TILE) {
            let tile = first..keys.end.min(first + TILE);
            let (key, step) = problem.from(&problem.key, &panel, first);
            let scores = &mut scores[..tile.len() * lanes];
            product::<I, VECTORS>(isa, Steps { data: key, row: step, depth: 1 }, queries, scores, false);

            let before = top;
            if adjustment.touches(&tile) {
                for (key, scores) in tile.clone().zip(scores.chunks_exact_mut(lanes)) {
                    adjustment.apply::<VECTORS>(isa, key, scores);
                }
            }
            for scores in scores.chunks_exact(lanes) {
                for at in 0..VECTORS {
                    top[at] = ops.max(top[at], ops.load(&scores[at * vector..]));
                }
            }
            // Minus infinity less itself is no number; nothing was added up before it anyway.
            let none = ops.splat(f32::NEG_INFINITY);
            let base = top.map(|top| ops.select(ops.zero(), top, ops.eq(top, none)));
            for at in 0..VECTORS {
                let kept = Exp::apply(isa, ops.sub(before[at], base[at]));
                total[at] = ops.mul(total[at], kept);
                ops.store(kept, &mut factors[at * vector..]);
            }
            for scores in scores.chunks_exact_mut(lanes) {
                for at in 0..VECTORS {
                    let score = ops.load(&scores[at * vector..]);
                    let weight = Exp::apply(isa, ops.sub(score, base[at]));
                    total[at] = ops.add(total[at], weight);
                    ops.store(weight, &mut scores[at * vector..]);
                }
            }

            let later = first > keys.start;
            if later && factors.iter().any(|&kept| kept != 1.0) {
                multiply(isa, sums, factors);
            }
            let (value, step) = problem.from(&problem.value, &panel, first);
            product::<I, VECTORS>(isa, Steps { data: value, row: 1, depth: step }, scores, sums, later);
        }
        if keys.is_empty() {
            sums.fill(0.0);
        }

        for at in 0..VECTORS {
            ops.store(ops.reciprocal(total[at]), &mut factors[at * vector..]);
            ops.store(top[at], &mut highest[at * vector..]);
        }
        multiply(isa, sums, factors);
        let mut blind = 0;
        for (row, highest) in highest.iter().enumerate().take(panel.count) {
            // SAFETY: this row is this panel's, and no other thread has the panel.
            let out = unsafe { out.slice(problem.result_at(&panel, row), value_width) };
            for (out, sums) in out.iter_mut().zip(sums.chunks_exact(lanes)) {
                out.write(sums[row]);
            }
            blind |= Blind::from(*highest <= f32::MIN) << row;
        }
        blind
    }
}

/// Multiplies each line of lanes by `factors`.
#[inline(always)]
fn multiply<I: Isa>(isa: I, lines: &mut [f32], factors: &[f32]) {
    let ops = isa.f32();
    for line in lines.chunks_exact_mut(factors.len()) {
        for (line, factors) in line.chunks_exact_mut(ops.len()).zip(factors.chunks_exact(ops.len())) {
            ops.store(ops.mul(ops.load(line), ops.load(factors)), line);
        }
    }
}

/// Cap, bias and masks of a panel's scores.
struct Adjustment<'a> {
    problem: &'a Problem<'a>,
    /// Of the panel's keys.
    mask: Option<&'a [u8]>,
    /// By lane: the first key it sees, and one past its last.
    first: [i32; MOST_LANES],
    end: [i32; MOST_LANES],
    /// Keys that every lane sees, key mask aside.
    common: Range<usize>,
    /// By lane: where its biases start.
    biases: [usize; MOST_LANES],
    /// Whether a key has one bias for all lanes.
    even: bool,
}

impl<'a> Adjustment<'a> {
    #[inline(always)]
    fn new<I: Isa>(_isa: I, problem: &'a Problem<'a>, panel: &Panel) -> Self {
        let mut this = Self {
            problem,
            mask: problem.mask(panel),
            // Lanes without a row see everything, so that they never count as masked.
            first: [0; MOST_LANES],
            end: [i32::MAX; MOST_LANES],
            common: 0..problem.keys,
            biases: [0; MOST_LANES],
            even: true,
        };
        for row in 0..panel.count {
            let visible = problem.visible(panel, row);
            // There are fewer than 2³¹ keys, as `Problem::new` has checked.
            (this.first[row], this.end[row]) = (visible.start as i32, visible.end as i32);
            this.common = this.common.start.max(visible.start)..this.common.end.min(visible.end);
            if let Some(bias) = &problem.bias {
                this.biases[row] = problem.bias_at(bias, panel, row);
                this.even &= this.biases[row] == this.biases[0];
            }
        }
        this
    }

    /// Whether any score of these keys changes.
    fn touches(&self, keys: &Range<usize>) -> bool {
        let inside = self.common.start <= keys.start && keys.end <= self.common.end;
        let masked = self.mask.is_some_and(|mask| mask[keys.clone()].contains(&0));
        !inside || masked || self.problem.bias.is_some() || self.problem.flags.softcap.is_some()
    }

    /// Changes the scores of one key.
    #[inline(always)]
    fn apply<const VECTORS: usize>(&self, isa: impl Isa, key: usize, scores: &mut [f32]) {
        let (ops, whole) = (isa.f32(), isa.i32());
        let vector = ops.len();
        let mut biases = [0.0; MOST_LANES];
        if let Some(bias) = &self.problem.bias {
            let along = key * bias.steps[3];
            if self.even {
                biases[..scores.len()].fill(bias.data[self.biases[0] + along]);
            } else {
                for (value, at) in biases[..scores.len()].iter_mut().zip(&self.biases) {
                    *value = bias.data[at + along];
                }
            }
        }
        let hidden = self.mask.is_some_and(|mask| mask[key] == 0);
        let lowest = ops.splat(f32::MIN);
        for at in 0..VECTORS {
            let lanes = at * vector..(at + 1) * vector;
            let mut score = ops.load(&scores[lanes.clone()]);
            if let Some(limit) = self.problem.flags.softcap {
                let limit = ops.splat(limit as f32);
                score = ops.mul(limit, Tanh::apply(isa, ops.div(score, limit)));
            }
            score = ops.add(score, ops.load(&biases[lanes.clone()]));
            let key = whole.splat(key as i32);
            score = ops.select(lowest, score, whole.lt(key, whole.load(&self.first[lanes.clone()])));
            score = ops.select(lowest, score, whole.ge(key, whole.load(&self.end[lanes.clone()])));
            if hidden {
                score = lowest;
            }
            ops.store(score, &mut scores[lanes]);
        }
    }
}
