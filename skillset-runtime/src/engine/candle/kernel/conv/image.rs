//! Images with their channels last.

use std::mem::MaybeUninit;

use candle_core::Tensor;

use super::geometry::Geometry;
use crate::engine::candle::error::Fault;
use crate::engine::candle::kernel::memory::Memory;
use crate::engine::candle::kernel::parallel;
use crate::engine::candle::kernel::storage::Floats;

/// Columns whose channels are copied in turn, so that lines of memory are read and written while they are in cache.
const TILE: usize = 16;

/// `[n, channels, height, width]` as `[groups, n, height, width, channels / groups]` with zeros for padding; no copy
/// is made of what lies so already.
pub(super) fn channels_last(
    memory: &Memory,
    x: &Tensor,
    groups: usize,
    padding: [[usize; 2]; 2],
) -> Result<Tensor, Fault> {
    let last = x.permute((0, 2, 3, 1))?;
    if groups == 1 && padding == [[0; 2]; 2] && last.is_contiguous() {
        return Ok(last.unsqueeze(0)?);
    }
    let (batch, height, width, channels) = last.dims4()?;
    let ([[above, below], [left, right]], each) = (padding, channels / groups);
    let (rows, columns) = (height + above + below, width + left + right);
    let source = Floats::of(&last);
    let (values, steps) = (source.data()?, source.strides());
    let fill = |out: &mut [MaybeUninit<f32>]| {
        parallel::rows(out, columns * each, 2, |first, out| {
            for (index, out) in (first..).zip(out.chunks_exact_mut(columns * each)) {
                let (row, image, group) = (index % rows, index / rows % batch, index / rows / batch);
                let zero = MaybeUninit::new(0.0);
                let Some(row) = row.checked_sub(above).filter(|&row| row < height) else {
                    out.fill(zero);
                    continue;
                };
                let (before, out) = out.split_at_mut(left * each);
                let (out, after) = out.split_at_mut(width * each);
                before.fill(zero);
                after.fill(zero);
                let from = image * steps[0] + row * steps[1] + group * each * steps[3];
                copy(out, each, &values[from..], [steps[2], steps[3]]);
            }
        });
        Ok(())
    };
    // SAFETY: the rows cover the result, and each is written whole: zeros before, pixels, zeros behind.
    unsafe { memory.filled(&[groups, batch, rows, columns, each], fill) }
}

/// Writes pixels of `channels` from memory with `[column, channel]` steps.
fn copy(out: &mut [MaybeUninit<f32>], channels: usize, from: &[f32], [column, channel]: [usize; 2]) {
    if channel == 1 {
        for (index, out) in out.chunks_exact_mut(channels).enumerate() {
            out.write_copy_of_slice(&from[index * column..][..channels]);
        }
        return;
    }
    for (tile, out) in out.chunks_mut(TILE * channels).enumerate() {
        let from = &from[tile * TILE * column..];
        for at in 0..channels {
            let from = &from[at * channel..];
            for (index, pixel) in out.chunks_exact_mut(channels).enumerate() {
                pixel[at].write(from[index * column]);
            }
        }
    }
}

/// What positions of an image see: rows of `taps down · taps across · channels`.
pub(super) struct Seen<'a> {
    /// `[n, height, width, channels]`, padded.
    pub values: &'a [f32],
    /// Height, width, channels.
    pub size: [usize; 3],
    /// Rows and columns of the result.
    pub output: [usize; 2],
    pub geometry: &'a Geometry,
}

/// Rows that lie in memory as they are multiplied, at even steps, and overlapping where kernels do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Even {
    /// Elements from one position's row to that of the next one.
    pub step: usize,
    /// Positions before the steps change.
    pub positions: usize,
}

impl Seen<'_> {
    /// Elements of a row.
    pub(super) fn length(&self) -> usize {
        self.geometry.kernel[0] * self.geometry.kernel[1] * self.size[2]
    }

    /// Where the first tap of a position is, counted over all images.
    fn start(&self, position: usize) -> usize {
        let ([height, width, channels], [rows, columns]) = (self.size, self.output);
        let (column, row, image) = (position % columns, position / columns % rows, position / columns / rows);
        let [down, across] = self.geometry.stride;
        ((image * height + row * down) * width + column * across) * channels
    }

    /// How rows lie in memory, if they need not be gathered.
    pub(super) fn even(&self) -> Option<Even> {
        let ([height, width, channels], [rows, columns]) = (self.size, self.output);
        let Geometry { kernel, stride, dilation, .. } = self.geometry;
        if kernel[0] > 1 || (kernel[1] > 1 && dilation[1] > 1) {
            return None;
        }
        let lines = stride[0] * width == stride[1] * columns;
        let images = stride[0] * rows == height;
        let positions = match (lines, images) {
            (true, true) => usize::MAX,
            (true, false) => rows * columns,
            (false, _) if rows == 1 => columns,
            (false, _) => return None,
        };
        Some(Even { step: stride[1] * channels, positions })
    }

    /// The memory that starts with the row of `position`.
    pub(super) fn from(&self, position: usize) -> &[f32] {
        &self.values[self.start(position)..]
    }

    /// Gathers the rows of positions from `first` on.
    pub(super) fn gather(&self, first: usize, out: &mut [f32]) {
        let ([_, width, channels], Geometry { kernel, dilation, .. }) = (self.size, self.geometry);
        // Neighbouring taps of a line are neighbours in memory.
        let (runs, run) = if dilation[1] == 1 { (1, kernel[1] * channels) } else { (kernel[1], channels) };
        for (position, out) in (first..).zip(out.chunks_exact_mut(self.length())) {
            let from = self.from(position);
            for (at, out) in out.chunks_exact_mut(run).enumerate() {
                let (row, column) = (at / runs, at % runs);
                let start = (row * dilation[0] * width + column * dilation[1]) * channels;
                out.copy_from_slice(&from[start..][..run]);
            }
        }
    }
}
