//! Weighted sums of samples of feature maps.

use std::mem::MaybeUninit;

use candle_core::Tensor;
use rten_simd::{Isa, SimdOp};

use super::grid_sample::Image;
use super::memory::Memory;
use super::parallel;
use super::storage::Floats;
use crate::engine::candle::error::Fault;

/// [`Op::DeformableAttention`](crate::ir::Op::DeformableAttention): `value` `[batch, length, heads, width]` of maps of
/// `levels` (rows, columns) at `places` `[batch, queries, heads, levels, points, 2]` with `weights`.
pub(in crate::engine::candle) fn deformable_attention(
    memory: &Memory,
    levels: &[Vec<usize>],
    value: &Tensor,
    places: &Tensor,
    weights: &Tensor,
) -> Result<Tensor, Fault> {
    let (batch, length, heads, width) = value.dims4()?;
    let &[_, queries, _, _, points, _] = places.dims() else {
        return Err(Fault::Reason(format!("places of {} axes", places.rank())));
    };
    let (value, places, weights) = (value.contiguous()?, places.contiguous()?, weights.contiguous()?);
    let (value, places, weights) = (Floats::of(&value), Floats::of(&places), Floats::of(&weights));
    let maps = Maps {
        values: value.contiguous()?,
        places: places.contiguous()?,
        weights: weights.contiguous()?,
        levels,
        points,
        length,
        queries,
        heads,
        width,
    };
    let fill = |out: &mut [MaybeUninit<f32>]| {
        let samples = levels.len() * points;
        parallel::rows(out, width, 4 * samples, |first, out| Sums { maps: &maps, first, out }.dispatch());
        Ok(())
    };
    // SAFETY: the sums cover the result, and `Sums` writes all of each.
    unsafe { memory.filled(&[batch, queries, heads * width], fill) }
}

/// The operands, and their sizes.
struct Maps<'a> {
    values: &'a [f32],
    places: &'a [f32],
    weights: &'a [f32],
    levels: &'a [Vec<usize>],
    points: usize,
    length: usize,
    queries: usize,
    heads: usize,
    width: usize,
}

/// The sums of some heads of queries, of which `first` is the number of the first one.
struct Sums<'a> {
    maps: &'a Maps<'a>,
    first: usize,
    out: &'a mut [MaybeUninit<f32>],
}

impl SimdOp for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _isa: I) {
        let Self { maps, first, out } = self;
        out.fill(MaybeUninit::new(0.0));
        // SAFETY: every element has just been written.
        let out = unsafe { out.assume_init_mut() };
        let samples = maps.levels.len() * maps.points;
        for (index, out) in (first..).zip(out.chunks_exact_mut(maps.width)) {
            let (row, head) = (index / maps.heads / maps.queries, index % maps.heads);
            let weights = &maps.weights[index * samples..][..samples];
            let places = &maps.places[2 * index * samples..][..2 * samples];
            let mut start = row * maps.length;
            for (level, size) in maps.levels.iter().enumerate() {
                let &[height, width] = &size[..] else { continue };
                let step = maps.heads * maps.width;
                let values = maps.values.get((start * maps.heads + head) * maps.width..).unwrap_or_default();
                let image = Image { values, size: [height, width], step };
                for sample in level * maps.points..(level + 1) * maps.points {
                    let [across, down] = [places[2 * sample], places[2 * sample + 1]];
                    let pixel = [across * width as f32 - 0.5, down * height as f32 - 0.5];
                    image.add_at(pixel, weights[sample], out);
                }
                start += height * width;
            }
        }
    }
}
