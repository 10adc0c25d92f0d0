//! Bilinear samples of images.

use std::mem::MaybeUninit;

use candle_core::Tensor;
use rten_simd::{Isa, SimdOp};

use super::memory::Memory;
use super::parallel;
use super::storage::Floats;
use crate::engine::candle::error::Fault;

/// [`Op::GridSample`](crate::ir::Op::GridSample): `[n, channels, height, width]` at `[n, rows, columns, 2]`.
///
/// The result lies in memory with its channels last.
pub(in crate::engine::candle) fn grid_sample(
    memory: &Memory,
    x: &Tensor,
    grid: &Tensor,
) -> Result<Tensor, Fault> {
    let ((batch, channels, height, width), (_, rows, columns, _)) = (x.dims4()?, grid.dims4()?);
    let image = x.permute((0, 2, 3, 1))?.contiguous()?;
    let grid = grid.contiguous()?;
    let (image, grid) = (Floats::of(&image), Floats::of(&grid));
    let (values, places) = (image.contiguous()?, grid.contiguous()?);
    let fill = |out: &mut [MaybeUninit<f32>]| {
        parallel::rows(out, channels, 4, |first, out| {
            for (index, out) in (first..).zip(out.chunks_exact_mut(channels)) {
                let pixels = height * width * channels;
                let values = &values[index / (rows * columns) * pixels..][..pixels];
                let place = [places[2 * index], places[2 * index + 1]];
                Sample { image: Image { values, size: [height, width], step: channels }, place, out }
                    .dispatch();
            }
        });
        Ok(())
    };
    // SAFETY: the samples cover the result, and each is written channel by channel.
    let result = unsafe { memory.filled(&[batch, rows, columns, channels], fill)? };
    Ok(result.permute((0, 3, 1, 2))?)
}

/// An image, channels last.
#[derive(Clone, Copy)]
pub(super) struct Image<'a> {
    /// The numbers from those of the first pixel on.
    pub values: &'a [f32],
    /// Height and width.
    pub size: [usize; 2],
    /// How far the numbers of a pixel are from those of the one before.
    pub step: usize,
}

/// The channels at one place.
struct Sample<'a> {
    image: Image<'a>,
    /// Across and down, from −1 to 1.
    place: [f32; 2],
    out: &'a mut [MaybeUninit<f32>],
}

impl SimdOp for Sample<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _isa: I) {
        let Self { image, place, out } = self;
        out.fill(MaybeUninit::new(0.0));
        // SAFETY: every element has just been written.
        let out = unsafe { out.assume_init_mut() };
        let [height, width] = image.size;
        let pixel = |place: f32, size: usize| (place + 1.0) * size as f32 * 0.5 - 0.5;
        image.add_at([pixel(place[0], width), pixel(place[1], height)], 1.0, out);
    }
}

impl Image<'_> {
    /// Adds `factor` times what is at a place, across and down in pixels from the centre of the first one.
    #[inline(always)]
    pub(super) fn add_at(self, [across, down]: [f32; 2], factor: f32, out: &mut [f32]) {
        let Self { values, size: [height, width], step } = self;
        for (y, y_weight) in ends(down, height) {
            for (x, x_weight) in ends(across, width) {
                // Outside of the image there are zeros.
                let (Some(y), Some(x)) = (y, x) else { continue };
                let weight = y_weight * x_weight * factor;
                let pixel = &values[(y * width + x) * step..][..out.len()];
                for (out, &value) in out.iter_mut().zip(pixel) {
                    *out += weight * value;
                }
            }
        }
    }
}

/// The pixels before and behind a place along an axis, if they are in the image, with their weights.
#[inline(always)]
fn ends(pixel: f32, size: usize) -> [(Option<usize>, f32); 2] {
    let before = pixel.floor();
    let fraction = pixel - before;
    let inside = |at: f32| (at >= 0.0 && at < size as f32).then_some(at as usize);
    [(inside(before), 1.0 - fraction), (inside(before + 1.0), fraction)]
}
