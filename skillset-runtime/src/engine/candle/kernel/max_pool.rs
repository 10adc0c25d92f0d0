//! The largest of neighbours.

use std::mem::MaybeUninit;

use candle_core::Tensor;
use rten_simd::{Isa, SimdOp};

use super::memory::Memory;
use super::parallel;
use super::storage::Floats;
use crate::engine::candle::error::Fault;
use crate::ir::MaxPool;

/// [`Op::MaxPool`](crate::ir::Op::MaxPool) on an image that is as large as the window.
///
/// The result lies in memory with its channels last if the image does.
pub(in crate::engine::candle) fn max_pool(
    memory: &Memory,
    pool: &MaxPool,
    x: &Tensor,
) -> Result<Tensor, Fault> {
    let (batch, channels, height, width) = x.dims4()?;
    let last = x.permute((0, 2, 3, 1))?;
    // Pixels of all channels, or of one.
    let (image, images, pixel) = match last.is_contiguous() {
        true => (last, batch, channels),
        false => (x.contiguous()?, batch * channels, 1),
    };
    let rows = (height + 2 * pool.padding[0] - pool.kernel[0]) / pool.stride[0] + 1;
    let columns = (width + 2 * pool.padding[1] - pool.kernel[1]) / pool.stride[1] + 1;
    let source = Floats::of(&image);
    let values = source.contiguous()?;
    let fill = |out: &mut [MaybeUninit<f32>]| {
        let taps = pool.kernel[0] * pool.kernel[1];
        parallel::rows(out, columns * pixel, taps, |first, out| {
            for (index, out) in (first..).zip(out.chunks_exact_mut(columns * pixel)) {
                let (row, image) = (index % rows, index / rows);
                let values = &values[image * height * width * pixel..][..height * width * pixel];
                Row { pool, values, size: [height, width], pixel, row, out }.dispatch();
            }
        });
        Ok(())
    };
    // SAFETY: the rows cover the result, and each is written pixel by pixel.
    let result = unsafe { memory.filled(&[images, rows, columns, pixel], fill)? };
    match pixel {
        1 => Ok(result.reshape((batch, channels, rows, columns))?),
        _ => Ok(result.permute((0, 3, 1, 2))?),
    }
}

/// One row of the result.
struct Row<'a> {
    pool: &'a MaxPool,
    /// The image.
    values: &'a [f32],
    /// Its height and width.
    size: [usize; 2],
    /// Elements of a pixel.
    pixel: usize,
    row: usize,
    out: &'a mut [MaybeUninit<f32>],
}

impl SimdOp for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _isa: I) {
        let Self { pool, values, size, pixel, row, out } = self;
        // What the window sees along an axis.
        let seen = |axis: usize, step: usize| {
            let first = step * pool.stride[axis];
            let end = (first + pool.kernel[axis]).saturating_sub(pool.padding[axis]).min(size[axis]);
            first.saturating_sub(pool.padding[axis])..end
        };
        for (column, out) in out.chunks_exact_mut(pixel).enumerate() {
            out.fill(MaybeUninit::new(f32::NEG_INFINITY));
            // SAFETY: every element has just been written.
            let out = unsafe { out.assume_init_mut() };
            for y in seen(0, row) {
                for x in seen(1, column) {
                    let values = &values[(y * size[1] + x) * pixel..][..pixel];
                    for (out, &value) in out.iter_mut().zip(values) {
                        // As torch: what is not a number stays so.
                        *out = if value > *out || value.is_nan() { value } else { *out };
                    }
                }
            }
        }
    }
}
