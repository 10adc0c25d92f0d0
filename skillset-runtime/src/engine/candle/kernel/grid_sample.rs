//! Bilinear samples of images.

use std::mem::MaybeUninit;

use candle_core::Tensor;
use rten_simd::{Isa, SimdOp};

use super::parallel;
use super::storage::{Floats, filled};
use crate::engine::candle::error::Fault;

/// [`Op::GridSample`](crate::ir::Op::GridSample): `[n, channels, height, width]` at `[n, rows, columns, 2]`.
///
/// The result lies in memory with its channels last.
pub(in crate::engine::candle) fn grid_sample(x: &Tensor, grid: &Tensor) -> Result<Tensor, Fault> {
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
                Sample { values, size: [height, width], place, out }.dispatch();
            }
        });
        Ok(())
    };
    // SAFETY: the samples cover the result, and each is written channel by channel.
    let result = unsafe { filled(&[batch, rows, columns, channels], fill)? };
    Ok(result.permute((0, 3, 1, 2))?)
}

/// The channels at one place.
struct Sample<'a> {
    /// The image, channels last.
    values: &'a [f32],
    /// Its height and width.
    size: [usize; 2],
    /// Across and down.
    place: [f32; 2],
    out: &'a mut [MaybeUninit<f32>],
}

impl SimdOp for Sample<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _isa: I) {
        let Self { values, size: [height, width], place: [across, down], out } = self;
        let channels = out.len();
        out.fill(MaybeUninit::new(0.0));
        // SAFETY: every element has just been written.
        let out = unsafe { out.assume_init_mut() };
        for (y, y_weight) in ends(down, height) {
            for (x, x_weight) in ends(across, width) {
                // Outside of the image there are zeros.
                let (Some(y), Some(x)) = (y, x) else { continue };
                let weight = y_weight * x_weight;
                let pixel = &values[(y * width + x) * channels..][..channels];
                for (out, &value) in out.iter_mut().zip(pixel) {
                    *out += weight * value;
                }
            }
        }
    }
}

/// The pixels before and behind a place along an axis, if they are in the image, with their weights.
#[inline(always)]
fn ends(place: f32, size: usize) -> [(Option<usize>, f32); 2] {
    let pixel = (place + 1.0) * size as f32 * 0.5 - 0.5;
    let before = pixel.floor();
    let fraction = pixel - before;
    let inside = |at: f32| (at >= 0.0 && at < size as f32).then_some(at as usize);
    [(inside(before), 1.0 - fraction), (inside(before + 1.0), fraction)]
}
