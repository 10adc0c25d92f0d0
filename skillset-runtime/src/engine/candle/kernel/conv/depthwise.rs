//! Convolutions with one kernel a channel.

use std::mem::MaybeUninit;

use candle_core::Tensor;
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

use super::geometry::Geometry;
use super::image::channels_last;
use crate::engine::candle::error::Fault;
use crate::engine::candle::kernel::memory::Memory;
use crate::engine::candle::kernel::storage::Floats;
use crate::engine::candle::kernel::{activation, parallel};
use crate::ir::Activation;

/// Vectors of channels that are summed up in registers.
const VECTORS: usize = 4;

/// `[n, rows, columns, channels]` by kernels of `[taps, channels]`.
pub(super) fn apply(
    memory: &Memory,
    geometry: &Geometry,
    weight: &[f32],
    bias: Option<&[f32]>,
    activation: Option<Activation>,
    x: &Tensor,
) -> Result<Tensor, Fault> {
    let (batch, channels, height, width) = x.dims4()?;
    let [rows, columns] = geometry.output([height, width])?;
    let image = channels_last(memory, x, 1, [[0; 2]; 2])?;
    let source = Floats::of(&image);
    let values = source.contiguous()?;
    let fill = |out: &mut [MaybeUninit<f32>]| {
        let taps = geometry.kernel[0] * geometry.kernel[1];
        parallel::rows(out, channels, taps, |first, out| {
            for (position, out) in (first..).zip(out.chunks_exact_mut(channels)) {
                let (column, row, image) =
                    (position % columns, position / columns % rows, position / columns / rows);
                let values = &values[image * height * width * channels..][..height * width * channels];
                let corner = [row * geometry.stride[0], column * geometry.stride[1]];
                Pixel { geometry, size: [height, width], values, weight, bias, corner, out }.dispatch();
            }
            if let Some(function) = activation {
                // SAFETY: every channel of every pixel has been written.
                activation::apply(function, unsafe { out.assume_init_mut() });
            }
        });
        Ok(())
    };
    // SAFETY: the pixels cover the result, and each is written channel by channel.
    unsafe { memory.filled(&[batch, rows, columns, channels], fill) }
}

/// The channels of one position.
struct Pixel<'a> {
    geometry: &'a Geometry,
    size: [usize; 2],
    /// The image.
    values: &'a [f32],
    weight: &'a [f32],
    bias: Option<&'a [f32]>,
    /// Row and column of the first tap in the padded image.
    corner: [usize; 2],
    out: &'a mut [MaybeUninit<f32>],
}

impl SimdOp for Pixel<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(mut self, isa: I) {
        let (channels, vector) = (self.out.len(), isa.f32().len());
        let mut first = 0;
        while first + VECTORS * vector <= channels {
            self.sum::<I, VECTORS>(isa, first);
            first += VECTORS * vector;
        }
        while first + vector <= channels {
            self.sum::<I, 1>(isa, first);
            first += vector;
        }
        for channel in first..channels {
            let mut sum = self.bias.map_or(0.0, |bias| bias[channel]);
            self.for_each_tap(|at, tap| sum += self.values[at + channel] * self.weight[tap + channel]);
            self.out[channel].write(sum);
        }
    }
}

impl Pixel<'_> {
    /// Sums up `N` vectors of channels from `first` on.
    #[inline(always)]
    fn sum<I: Isa, const N: usize>(&mut self, isa: I, first: usize) {
        let ops = isa.f32();
        let vector = ops.len();
        let mut sums = match self.bias {
            Some(bias) => ops.load_many::<N>(&bias[first..]),
            None => [ops.zero(); N],
        };
        self.for_each_tap(|at, tap| {
            let values = ops.load_many::<N>(&self.values[at + first..]);
            let weights = ops.load_many::<N>(&self.weight[tap + first..]);
            for lane in 0..N {
                sums[lane] = ops.mul_add(values[lane], weights[lane], sums[lane]);
            }
        });
        for (sum, out) in sums.into_iter().zip(self.out[first..].chunks_exact_mut(vector)) {
            ops.store_uninit(sum, out);
        }
    }

    /// Calls `visit` with where the channels of a tap's pixel and of its weights start, for taps inside of the image.
    #[inline(always)]
    fn for_each_tap(&self, mut visit: impl FnMut(usize, usize)) {
        let (Geometry { kernel, padding, dilation, .. }, channels) = (self.geometry, self.out.len());
        let place = |axis: usize, tap: usize| {
            let at = self.corner[axis] + tap * dilation[axis];
            at.checked_sub(padding[axis][0]).filter(|&at| at < self.size[axis])
        };
        for down in 0..kernel[0] {
            let Some(row) = place(0, down) else { continue };
            for across in 0..kernel[1] {
                let Some(column) = place(1, across) else { continue };
                visit((row * self.size[1] + column) * channels, (down * kernel[1] + across) * channels);
            }
        }
    }
}
