//! Scaled dot-product attention that never holds all scores.
//!
//! The queries that read one key head (those of all heads of its group) are cut into panels, and a
//! panel passes over its keys in tiles with a running maximum and sum (online softmax,
//! arXiv:2205.14135), so memory does not grow with the length. There are two ways to do a panel:
//! many queries lie in the lanes of vectors ([`lanes`]); a few, as when one token is decoded, read
//! keys and values as they stream by ([`few`]). Both read all operands in place, whatever their
//! strides.

mod few;
mod lanes;
mod problem;

use std::cell::RefCell;
use std::mem::MaybeUninit;

use candle_core::Tensor;
use rayon::prelude::*;
use rten_simd::SimdOp;

use self::few::Few;
use self::lanes::Lanes;
use self::problem::{Panel, Problem};
use super::memory::Memory;
use super::parallel::Shared;
use super::product::vector_length;
use super::storage::{Floats, unit_rows};
use crate::engine::candle::error::Fault;
use crate::ir::Attention;

/// Keys of a tile: their scores with a panel of queries fit the first-level cache.
const TILE: usize = 128;

/// Multiplications that are worth handing to another thread.
const GRAIN: usize = 128 * 1024;

/// [`Op::Attention`](crate::ir::Op::Attention) on its inputs.
///
/// The result lies in memory as `[batch, s, heads, dv]`, so joining the heads copies nothing.
pub(in crate::engine::candle) fn attention(
    memory: &Memory,
    flags: &Attention,
    inputs: &[&Tensor],
) -> Result<Tensor, Fault> {
    let operands: Vec<Tensor> = inputs[..3].iter().map(|x| unit_rows(x)).collect::<Result<_, _>>()?;
    let [query, key, value] = [0, 1, 2].map(|at| Floats::of(&operands[at]));
    let optional = &inputs[3..];
    let scores = [query.dims()[0], query.dims()[1], query.dims()[2], key.dims()[2]];
    let bias = match optional.first().filter(|_| flags.bias) {
        Some(bias) => Some(bias.broadcast_as(&scores)?),
        None => None,
    };
    let bias = bias.as_ref().map(Floats::of);
    let mask = match optional.last().filter(|_| flags.key_mask) {
        Some(mask) => Some(mask.flatten_all()?.to_vec1::<u8>()?),
        None => None,
    };
    let problem = Problem::new(flags, [&query, &key, &value], bias.as_ref(), mask.as_deref())?;

    let [batch, heads, queries, _] = scores;
    let shape = [batch, queries, heads, problem.value_width];
    let fill = |out: &mut [MaybeUninit<f32>]| {
        run(&problem, &Shared::new(out));
        Ok(())
    };
    // SAFETY: the panels cover all rows of all heads, and each writes its rows whole.
    let result = unsafe { memory.filled(&shape, fill)? };
    Ok(result.transpose(1, 2)?)
}

fn run(problem: &Problem<'_>, out: &Shared<'_>) {
    let vector = vector_length();
    let rows = problem.rows();
    let (width, way) = match rows {
        rows if 2 * rows <= vector => (rows, Way::Few),
        rows if rows <= vector => (vector, Way::OneVector),
        _ => (2 * vector, Way::TwoVectors),
    };
    let panels = rows.div_ceil(width.max(1));
    let tasks = problem.batch * problem.kv_heads * panels;
    let task = |index: usize| {
        let (panel, head) = (index % panels, index / panels);
        let first = panel * width;
        let panel = Panel {
            batch: head / problem.kv_heads,
            kv_head: head % problem.kv_heads,
            first,
            count: width.min(rows - first),
        };
        let keys = problem.seen(&panel);
        let everything = keys == (0..problem.keys);
        SCRATCH.with_borrow_mut(|scratch| {
            let blind = match way {
                Way::Few => Few { problem, panel, keys, out, scratch }.dispatch(),
                Way::OneVector => Lanes::<1> { problem, panel, keys, out, scratch }.dispatch(),
                Way::TwoVectors => Lanes::<2> { problem, panel, keys, out, scratch }.dispatch(),
            };
            // A row that sees nothing attends to everything alike, also to what its panel passed over.
            for row in (0..panel.count).filter(|row| !everything && blind >> row & 1 == 1) {
                let panel = Panel { first: first + row, count: 1, ..panel };
                Few { problem, panel, keys: 0..problem.keys, out, scratch }.dispatch();
            }
        });
    };
    let each = width * problem.keys * (problem.width + problem.value_width);
    let least = GRAIN.div_ceil(each.max(1));
    (0..tasks).into_par_iter().with_min_len(least).for_each(task);
}

/// One bit for each row of a panel: whether all of its keys are masked.
type Blind = u64;

/// How the panels of a problem are done.
#[derive(Clone, Copy)]
enum Way {
    Few,
    OneVector,
    TwoVectors,
}

thread_local! {
    /// Working memory of a panel, kept from one to the next.
    static SCRATCH: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// The first `N` parts of `scratch`, of the given lengths.
#[inline(always)]
fn parts<const N: usize>(scratch: &mut Vec<f32>, lengths: [usize; N]) -> [&mut [f32]; N] {
    let total = lengths.iter().sum();
    if scratch.len() < total {
        scratch.resize(total, 0.0);
    }
    let mut rest = scratch.as_mut_slice();
    lengths.map(|length| {
        let (part, behind) = std::mem::take(&mut rest).split_at_mut(length);
        rest = behind;
        part
    })
}
