//! Transposed convolution: what each position adds to the result is a product; then the parts are summed up where they fall.

use std::mem::MaybeUninit;

use candle_core::Tensor;

use super::geometry::Geometry;
use super::image::channels_last;
use super::taps_first_of_each;
use crate::engine::candle::error::Fault;
use crate::engine::candle::kernel::memory::Memory;
use crate::engine::candle::kernel::packed::Packed;
use crate::engine::candle::kernel::parallel;
use crate::engine::candle::kernel::storage::Floats;
use crate::ir::{Conv, ConvTranspose};

/// A transposed convolution ready to run.
pub(in crate::engine::candle) struct PreparedConvTranspose {
    geometry: Geometry,
    output_padding: [usize; 2],
    /// `[channels, taps · out]`, one a group.
    groups: Vec<Packed>,
    /// Channels of the result that a group makes.
    out: usize,
    bias: Option<Vec<f32>>,
}

impl PreparedConvTranspose {
    /// Prepares weights of `shape`, `[channels, out / groups, …]` in row-major order.
    pub(in crate::engine::candle) fn new(
        conv: &ConvTranspose,
        weight: &[f32],
        shape: &[usize],
        bias: Option<Vec<f32>>,
    ) -> Result<Self, Fault> {
        let &[channels, out, ref taps @ ..] = shape else {
            return Err(Fault::Reason(format!("kernels of {shape:?}")));
        };
        let places = Conv {
            stride: conv.stride.clone(),
            padding: conv.padding.clone(),
            dilation: conv.dilation.clone(),
            ..Conv::new(taps.len())
        };
        let geometry = Geometry::new(&places, taps);
        let taps = geometry.kernel[0] * geometry.kernel[1];
        let output_padding = match conv.output_padding[..] {
            [down, across] => [down, across],
            [across] => [0, across],
            _ => [0, 0],
        };
        let group = |weight: &[f32]| {
            let weight = taps_first_of_each(weight, out, taps);
            Packed::new(&weight, [channels / conv.groups, taps * out], true)
        };
        let groups = weight.chunks_exact((weight.len() / conv.groups).max(1)).map(group);
        Ok(Self { geometry, output_padding, groups: groups.collect::<Result<_, _>>()?, out, bias })
    }

    /// Applies the convolution to `[n, channels, height, width]` or `[n, channels, length]`.
    ///
    /// The result lies in memory with its channels last.
    pub(in crate::engine::candle) fn apply(&self, memory: &Memory, x: &Tensor) -> Result<Tensor, Fault> {
        if x.rank() == 3 {
            // A line is an image of one row.
            return Ok(self.apply(memory, &x.unsqueeze(2)?)?.squeeze(2)?);
        }
        let (batch, _, height, width) = x.dims4()?;
        let [rows, columns] = self.output([height, width])?;
        let parts = self.parts(memory, x)?;
        let sources: Vec<Floats<'_>> = parts.iter().map(Floats::of).collect();
        let values: Vec<&[f32]> = sources.iter().map(Floats::contiguous).collect::<Result<_, _>>()?;
        let channels = self.groups.len() * self.out;
        let taps = self.geometry.kernel[0] * self.geometry.kernel[1];
        let fill = |out: &mut [MaybeUninit<f32>]| {
            parallel::rows(out, columns * channels, taps, |first, out| {
                for (index, out) in (first..).zip(out.chunks_exact_mut(columns * channels)) {
                    let line = Line { row: index % rows, image: index / rows, size: [height, width] };
                    self.sum(&values, line, out);
                }
            });
            Ok(())
        };
        // SAFETY: the lines cover the result, and `sum` writes a line whole before it adds to it.
        let y = unsafe { memory.filled(&[batch, rows, columns, channels], fill) }?;
        drop(sources);
        parts.iter().for_each(|part| memory.discard(part));
        Ok(y.permute((0, 3, 1, 2))?)
    }

    /// Rows and columns of the result.
    fn output(&self, image: [usize; 2]) -> Result<[usize; 2], Fault> {
        let Geometry { kernel, stride, padding, dilation } = self.geometry;
        let size = |axis: usize| {
            let steps = image[axis].checked_sub(1)? * stride[axis];
            let reach = (kernel[axis] - 1) * dilation[axis] + 1 + self.output_padding[axis];
            (steps + reach).checked_sub(padding[axis][0] + padding[axis][1])
        };
        let none = || Fault::Reason(format!("a transposed convolution of {image:?} leaves nothing"));
        Ok([size(0).ok_or_else(none)?, size(1).ok_or_else(none)?])
    }

    /// What positions add to the result, `[n · height · width, taps · out]`, one a group.
    fn parts(&self, memory: &Memory, x: &Tensor) -> Result<Vec<Tensor>, Fault> {
        let image = channels_last(memory, x, self.groups.len(), [[0; 2]; 2])?;
        let source = Floats::of(&image);
        let positions = image.dims()[1..4].iter().product::<usize>();
        let channels = image.dims()[4];
        let groups = source.contiguous()?.chunks_exact((positions * channels).max(1));
        let part = |(packed, x): (&Packed, &[f32])| {
            let fill = |out: &mut [MaybeUninit<f32>]| packed.multiply(x, channels, None, out).map(|_| ());
            // SAFETY: a product that succeeds writes every element.
            unsafe { memory.filled(&[positions, packed.sizes()[1]], fill) }
        };
        self.groups.iter().zip(groups).map(part).collect()
    }

    /// Writes one line of the result.
    fn sum(&self, parts: &[&[f32]], line: Line, out: &mut [MaybeUninit<f32>]) {
        let channels = self.groups.len() * self.out;
        for pixel in out.chunks_exact_mut(channels) {
            match &self.bias {
                Some(bias) => _ = pixel.write_copy_of_slice(bias),
                None => pixel.fill(MaybeUninit::new(0.0)),
            }
        }
        // SAFETY: every pixel has just been written.
        let out = unsafe { out.assume_init_mut() };
        let Geometry { kernel, stride, padding, dilation } = self.geometry;
        let [height, width] = line.size;
        let columns = out.len() / channels;
        for down in 0..kernel[0] {
            let Some(at) = (line.row + padding[0][0]).checked_sub(down * dilation[0]) else { continue };
            let row = at / stride[0];
            if !at.is_multiple_of(stride[0]) || row >= height {
                continue;
            }
            for (column, across) in (0..width).flat_map(|column| (0..kernel[1]).map(move |tap| (column, tap)))
            {
                let place = (column * stride[1] + across * dilation[1]).checked_sub(padding[1][0]);
                let Some(place) = place.filter(|&place| place < columns) else { continue };
                let position = (line.image * height + row) * width + column;
                let start = (position * kernel[0] * kernel[1] + down * kernel[1] + across) * self.out;
                let pixel = out[place * channels..][..channels].chunks_exact_mut(self.out);
                for (out, part) in pixel.zip(parts) {
                    out.iter_mut().zip(&part[start..]).for_each(|(out, part)| *out += part);
                }
            }
        }
    }
}

/// A line of the result.
struct Line {
    row: usize,
    image: usize,
    /// Height and width of the input.
    size: [usize; 2],
}
