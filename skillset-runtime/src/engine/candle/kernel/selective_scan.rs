//! The recurrence of a selective state space model, head by head.

use std::mem::MaybeUninit;

use candle_core::Tensor;
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_vecmath::Exp;

use super::memory::Memory;
use super::parallel;
use super::storage::{Floats, unit_rows};
use crate::engine::candle::error::Fault;

/// [`Op::SelectiveScan`](crate::ir::Op::SelectiveScan) of `[x, step, decay, input, output, state?]`.
pub(in crate::engine::candle) fn selective_scan(
    memory: &Memory,
    inputs: &[&Tensor],
) -> Result<Tensor, Fault> {
    let [x, step, decay, input, output, state @ ..] = inputs else {
        return Err(Fault::Reason(format!("a scan of {} values", inputs.len())));
    };
    let ((batch, length, heads, width), (_, _, groups, size)) = (x.dims4()?, input.dims4()?);
    let decays = if decay.rank() == 1 { 1 } else { size };
    let (x, input, output) = (unit_rows(x)?, unit_rows(input)?, unit_rows(output)?);
    let (step, decay) = (step.contiguous()?, decay.contiguous()?);
    let state = state.first().map(|state| unit_rows(state)).transpose()?;

    let [x, step, decay, input, output] = [&x, &step, &decay, &input, &output].map(Floats::of);
    let state = state.as_ref().map(Floats::of);
    let problem = Problem {
        length,
        heads,
        width,
        size,
        group: heads / groups,
        decays,
        x: Rows::of(&x)?,
        step: step.contiguous()?,
        decay: decay.contiguous()?,
        input: Rows::of(&input)?,
        output: Rows::of(&output)?,
        state: state.as_ref().map(Rows::of).transpose()?,
    };
    let columns = length + if state.is_some() { size } else { 0 };
    let fill = |out: &mut [MaybeUninit<f32>]| {
        // For each element of the result there is a pass over a row of the state.
        parallel::rows(out, width * columns, size, |first, out| {
            Heads { problem: &problem, first, columns, out }.dispatch();
        });
        Ok(())
    };
    // SAFETY: the heads cover the result, and `Heads` writes every position and the state behind them.
    unsafe { memory.filled(&[batch, heads, width, columns], fill) }
}

/// The operands of a scan.
struct Problem<'a> {
    length: usize,
    heads: usize,
    width: usize,
    /// Numbers of a channel's state.
    size: usize,
    /// Heads of a group.
    group: usize,
    /// Decays of a head: one, or one for each number of a state.
    decays: usize,
    x: Rows<'a>,
    step: &'a [f32],
    decay: &'a [f32],
    input: Rows<'a>,
    output: Rows<'a>,
    state: Option<Rows<'a>>,
}

/// A tensor of four axes whose rows lie in one piece.
struct Rows<'a> {
    data: &'a [f32],
    steps: [usize; 3],
}

impl<'a> Rows<'a> {
    fn of(tensor: &'a Floats<'a>) -> Result<Self, Fault> {
        let strides = tensor.strides();
        Ok(Self { data: tensor.data()?, steps: [strides[0], strides[1], strides[2]] })
    }

    fn row(&self, at: [usize; 3], length: usize) -> &'a [f32] {
        let start: usize = at.iter().zip(&self.steps).map(|(at, step)| at * step).sum();
        &self.data[start..][..length]
    }
}

/// The scans of some heads, counted over all rows of the batch: each `[width, columns]`.
struct Heads<'a> {
    problem: &'a Problem<'a>,
    first: usize,
    columns: usize,
    out: &'a mut [MaybeUninit<f32>],
}

impl SimdOp for Heads<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { problem, first, columns, out } = self;
        let &Problem { length, heads, width, size, group, decays, .. } = problem;
        let (mut states, mut kept) = (vec![0.0; width * size], vec![0.0; size]);
        for (index, out) in (first..).zip(out.chunks_exact_mut(width * columns)) {
            let (batch, head) = (index / heads, index % heads);
            states.fill(0.0);
            if let Some(before) = &problem.state {
                for (channel, state) in states.chunks_exact_mut(size).enumerate() {
                    state.copy_from_slice(before.row([batch, head, channel], size));
                }
            }
            let decay = &problem.decay[head * decays..][..decays];
            for position in 0..length {
                let x = problem.x.row([batch, position, head], width);
                let maps = [&problem.input, &problem.output];
                let [input, output] = maps.map(|map| map.row([batch, position, head / group], size));
                let step = problem.step[(batch * length + position) * heads + head];
                exponentials(isa, step, decay, &mut kept);
                for (channel, state) in states.chunks_exact_mut(size).enumerate() {
                    let y = advance(isa, state, &kept, step * x[channel], input, output);
                    out[channel * columns + position].write(y);
                }
            }
            for (state, out) in states.chunks_exact(size).zip(out.chunks_exact_mut(columns)) {
                // Nothing is left where no state is wanted.
                let left = &mut out[length..];
                left.write_copy_of_slice(&state[..left.len()]);
            }
        }
    }
}

/// What is kept of each number of a state: `exp(step · decay)`.
#[inline(always)]
fn exponentials<I: Isa>(isa: I, step: f32, decay: &[f32], kept: &mut [f32]) {
    if let [decay] = decay {
        kept.fill((step * decay).exp());
        return;
    }
    let ops = isa.f32();
    let step = ops.splat(step);
    for (decay, kept) in decay.chunks(ops.len()).zip(kept.chunks_mut(ops.len())) {
        let (decay, filled) = ops.load_pad(decay);
        let exponential = Exp::apply(isa, ops.mul(step, decay));
        // SAFETY: the mask covers the numbers that are there.
        unsafe { ops.store_ptr_mask(exponential, kept.as_mut_ptr(), filled) };
    }
}

/// `state = kept · state + x · input`; the result is `state · output`.
#[inline(always)]
fn advance<I: Isa>(isa: I, state: &mut [f32], kept: &[f32], x: f32, input: &[f32], output: &[f32]) -> f32 {
    let ops = isa.f32();
    let vector = ops.len();
    let (x, mut sum) = (ops.splat(x), ops.zero());
    let maps = kept.chunks(vector).zip(input.chunks(vector).zip(output.chunks(vector)));
    for (state, (kept, (input, output))) in state.chunks_mut(vector).zip(maps) {
        let (before, filled) = ops.load_pad(state);
        let kept = ops.mul(ops.load_pad(kept).0, before);
        let next = ops.mul_add(x, ops.load_pad(input).0, kept);
        sum = ops.mul_add(next, ops.load_pad(output).0, sum);
        // SAFETY: the mask covers the numbers that are there.
        unsafe { ops.store_ptr_mask(next, state.as_mut_ptr(), filled) };
    }
    ops.sum(sum)
}
