//! Access to the memory behind tensors.

use std::cmp::Reverse;
use std::mem::MaybeUninit;

use candle_core::{CpuStorage, Device, Layout, Storage, StorageRef, Tensor};

use super::super::error::Fault;

/// A tensor of floats on the processor, open for reading.
pub(super) struct Floats<'a> {
    storage: StorageRef<'a>,
    layout: &'a Layout,
}

impl<'a> Floats<'a> {
    pub(super) fn of(tensor: &'a Tensor) -> Self {
        let (storage, layout) = tensor.storage_and_layout();
        Self { storage, layout }
    }

    /// The elements from the tensor's first one on; strides count from here.
    pub(super) fn data(&self) -> Result<&[f32], Fault> {
        match &*self.storage {
            Storage::Cpu(CpuStorage::F32(values)) => Ok(&values[self.layout.start_offset()..]),
            _ => Err(Fault::Reason("expected single precision in host memory".into())),
        }
    }

    /// The elements in row-major order, if they lie so.
    pub(super) fn contiguous(&self) -> Result<&[f32], Fault> {
        if self.layout.is_contiguous() {
            Ok(&self.data()?[..self.layout.shape().elem_count()])
        } else {
            Err(Fault::Reason("expected a contiguous tensor".into()))
        }
    }

    pub(super) fn dims(&self) -> &[usize] {
        self.layout.dims()
    }

    pub(super) fn strides(&self) -> &[usize] {
        self.layout.stride()
    }
}

/// A new tensor of `shape` whose memory `fill` writes.
///
/// # Safety
/// When it returns `Ok`, `fill` must have written every element.
pub(super) unsafe fn filled(
    shape: &[usize],
    fill: impl FnOnce(&mut [MaybeUninit<f32>]) -> Result<(), Fault>,
) -> Result<Tensor, Fault> {
    let elements = shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
    let mut values: Vec<f32> = Vec::new();
    let reserved = elements.is_some_and(|elements| values.try_reserve_exact(elements).is_ok());
    let Some(elements) = elements.filter(|_| reserved) else {
        return Err(Fault::Reason(format!("there is no memory for a tensor of {shape:?}")));
    };
    fill(&mut values.spare_capacity_mut()[..elements])?;
    // SAFETY: the capacity is there, and the caller promises that `fill` has written the elements.
    unsafe { values.set_len(elements) };
    Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
}

/// The tensor itself if neighbours on its last axis are neighbours in memory, else a copy.
pub(super) fn unit_rows(x: &Tensor) -> Result<Tensor, Fault> {
    match (x.stride().last(), x.dims().last()) {
        (Some(&step), Some(&size)) if step != 1 && size > 1 => Ok(x.contiguous()?),
        _ => Ok(x.clone()),
    }
}

/// An order of axes, and back: the way from a tensor's shape to the way that its elements lie in memory.
pub(super) struct Order(Vec<usize>);

impl Order {
    /// The order in which the elements of `x` lie, which is that of its axes unless `x` is a transposed tensor.
    pub(super) fn of(x: &Tensor) -> Self {
        let mut axes: Vec<usize> = (0..x.rank()).collect();
        // Where elements repeat, there is no such order.
        if !x.is_contiguous() && !x.stride().contains(&0) {
            axes.sort_by_key(|&axis| Reverse(x.stride()[axis]));
        }
        Self(axes)
    }

    /// The axes of `x` in this order.
    pub(super) fn apply(&self, x: &Tensor) -> Result<Tensor, Fault> {
        Ok(x.permute(self.0.as_slice())?)
    }

    /// The axes of `x`, which are in this order, as they were.
    pub(super) fn undo(&self, x: &Tensor) -> Result<Tensor, Fault> {
        let mut axes = vec![0; self.0.len()];
        self.0.iter().enumerate().for_each(|(place, &axis)| axes[axis] = place);
        Ok(x.permute(axes)?)
    }
}
