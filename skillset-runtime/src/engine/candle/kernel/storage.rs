//! Access to the memory behind tensors.

use std::cmp::Reverse;

use candle_core::{CpuStorage, Layout, Storage, StorageRef, Tensor};

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
