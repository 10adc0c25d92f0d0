//! Convolution as a product of what positions see and kernels that were packed at load.

use std::mem::MaybeUninit;

use candle_core::Tensor;
use rayon::prelude::*;

use super::geometry::Geometry;
use super::image::{Seen, channels_last};
use crate::engine::candle::error::Fault;
use crate::engine::candle::kernel::activation;
use crate::engine::candle::kernel::memory::Memory;
use crate::engine::candle::kernel::packed::Packed;
use crate::engine::candle::kernel::storage::Floats;
use crate::ir::Activation;

/// Positions that are multiplied at once: few enough for the result to stay in cache while it is summed up.
const MOST_ROWS: usize = 192;

/// Elements of gathered rows that stay in cache until they are multiplied.
const MOST_GATHERED: usize = 256 * 1024;

/// Rows that product kernels compute at once on most machines.
const ROWS_AT_ONCE: usize = 6;

/// Kernels as matrices `[out, length]`, one a group.
pub(super) struct Product(pub Vec<Packed>);

/// Memory of one thread.
#[derive(Default)]
struct Scratch {
    gathered: Vec<f32>,
    product: Vec<f32>,
}

impl Product {
    /// `[n, rows, columns, out channels]`
    pub(super) fn apply(
        &self,
        memory: &Memory,
        geometry: &Geometry,
        bias: Option<&[f32]>,
        activation: Option<Activation>,
        x: &Tensor,
    ) -> Result<Tensor, Fault> {
        let (batch, _, height, width) = x.dims4()?;
        let output @ [rows, columns] = geometry.output([height, width])?;
        let image = channels_last(memory, x, self.0.len(), geometry.padding)?;
        let &[_, _, height, width, channels] = image.dims() else {
            return Err(Fault::Reason(format!("an image of {:?}", image.dims())));
        };
        let source = Floats::of(&image);
        let groups = source.contiguous()?.chunks_exact((batch * height * width * channels).max(1));
        let seen = |values| Seen { values, size: [height, width, channels], output, geometry };
        let groups: Vec<Seen<'_>> = groups.map(seen).collect();
        let out_channels: usize = self.0.iter().map(|packed| packed.sizes()[1]).sum();
        let block = self.block(batch * rows * columns, groups.first());
        let fill = |out: &mut [MaybeUninit<f32>]| {
            let blocks = out.par_chunks_mut((block * out_channels).max(1)).enumerate();
            let work = |scratch: &mut Scratch, (index, out): (usize, &mut [MaybeUninit<f32>])| {
                self.multiply(&groups, index * block, bias, scratch, out)?;
                if let Some(function) = activation {
                    // SAFETY: a product that succeeds has written every element.
                    activation::apply(function, unsafe { out.assume_init_mut() });
                }
                Ok(())
            };
            blocks.try_for_each_init(Scratch::default, work)
        };
        // SAFETY: the blocks cover the result, and a product that succeeds writes every element.
        let result = unsafe { memory.filled(&[batch, rows, columns, out_channels], fill) };
        drop(source);
        memory.discard(&image);
        result
    }

    /// How many of all positions are multiplied at once.
    fn block(&self, positions: usize, seen: Option<&Seen<'_>>) -> usize {
        let gathered = seen.filter(|seen| seen.even().is_none()).map(Seen::length);
        let most = gathered.map_or(MOST_ROWS, |length| (MOST_GATHERED / length).clamp(48, MOST_ROWS));
        // Groups are multiplied one after another, so that blocks are all that threads can share.
        let least = if self.0.len() > 1 { rayon::current_num_threads() } else { 1 };
        let blocks = positions.div_ceil(most).max(least);
        positions.div_ceil(blocks).next_multiple_of(ROWS_AT_ONCE)
    }

    /// Writes the results of positions from `first` on.
    fn multiply(
        &self,
        groups: &[Seen<'_>],
        first: usize,
        bias: Option<&[f32]>,
        scratch: &mut Scratch,
        out: &mut [MaybeUninit<f32>],
    ) -> Result<(), Fault> {
        if let ([packed], [seen]) = (&self.0[..], groups) {
            return multiply(packed, seen, first, bias, &mut scratch.gathered, out);
        }
        let width: usize = self.0.iter().map(|packed| packed.sizes()[1]).sum();
        let mut start = 0;
        for (packed, seen) in self.0.iter().zip(groups) {
            let channels = packed.sizes()[1];
            let bias = bias.map(|bias| &bias[start..][..channels]);
            let product = &mut scratch.product;
            product.clear();
            product.reserve(out.len() / width * channels);
            let product = &mut product.spare_capacity_mut()[..out.len() / width * channels];
            multiply(packed, seen, first, bias, &mut scratch.gathered, product)?;
            for (product, out) in product.chunks_exact(channels).zip(out.chunks_exact_mut(width)) {
                out[start..][..channels].copy_from_slice(product);
            }
            start += channels;
        }
        Ok(())
    }
}

/// Writes the products for positions from `first` on.
fn multiply(
    packed: &Packed,
    seen: &Seen<'_>,
    first: usize,
    bias: Option<&[f32]>,
    gathered: &mut Vec<f32>,
    out: &mut [MaybeUninit<f32>],
) -> Result<(), Fault> {
    let [length, channels] = packed.sizes();
    let Some(even) = seen.even() else {
        let elements = out.len() / channels * length;
        gathered.resize(elements.max(gathered.len()), 0.0);
        seen.gather(first, &mut gathered[..elements]);
        return packed.multiply(&gathered[..elements], length, bias, out).map(|_| ());
    };
    let (mut position, mut rest) = (first, out);
    while !rest.is_empty() {
        let rows = (even.positions - position % even.positions).min(rest.len() / channels);
        let (now, behind) = std::mem::take(&mut rest).split_at_mut(rows * channels);
        packed.multiply(seen.from(position), even.step, bias, now)?;
        (position, rest) = (position + rows, behind);
    }
    Ok(())
}
