//! What a session keeps between steps.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};

use super::error::Fault;
use super::program::CandleProgram;
use crate::ir::pass::row_axis;
use crate::ir::{Bindings, Value};

/// One state of a graph.
#[derive(Debug)]
pub(super) enum Slot {
    /// Rows appended to memory that was allocated when the session started.
    Cache(Cache),
    /// Any other state: the value itself.
    Value(Tensor),
}

/// A key/value cache: `[batch, heads, capacity, width]`, of which the first rows are filled.
#[derive(Debug)]
pub(super) struct Cache {
    memory: Tensor,
    filled: usize,
}

/// What the first step made of held inputs.
#[derive(Debug)]
pub(super) struct HeldValues {
    /// The sizes of that step.
    pub bindings: Bindings,
    /// Each with the axis of its rows.
    kept: BTreeMap<Value, (Tensor, Option<usize>)>,
}

impl HeldValues {
    /// Takes them from the results of the first step.
    pub(super) fn new(
        program: &CandleProgram,
        bindings: Bindings,
        results: &[Option<Tensor>],
    ) -> Result<Self, Fault> {
        let keep = |&value: &Value| {
            let computed = results[value.index()].as_ref()?;
            // Every step reads them, best as they lie.
            let kept = computed.contiguous().map(|kept| (value, (kept, row_axis(&program.executed, value))));
            Some(kept)
        };
        let kept: candle_core::Result<_> = program.held.kept.iter().filter_map(keep).collect();
        Ok(Self { bindings, kept: kept? })
    }

    /// One that later steps read.
    pub(super) fn get(&self, value: Value) -> Option<&Tensor> {
        self.kept.get(&value).map(|(tensor, _)| tensor)
    }

    /// Puts row `rows[i]` in the place of row `i`.
    pub(super) fn reorder(&mut self, rows: &Tensor) -> Result<(), Fault> {
        for (tensor, axis) in self.kept.values_mut() {
            if let Some(axis) = *axis {
                *tensor = tensor.index_select(rows, axis)?;
            }
        }
        Ok(())
    }
}

impl Slot {
    /// The state as the graph sees it.
    pub(super) fn value(&self) -> Result<Tensor, Fault> {
        match self {
            Self::Cache(cache) => Ok(cache.memory.narrow(2, 0, cache.filled)?),
            Self::Value(value) => Ok(value.clone()),
        }
    }

    /// The state whose row `i` is this one's row `rows[i]`.
    pub(super) fn reordered(&self, rows: &Tensor) -> Result<Self, Fault> {
        match self {
            Self::Cache(cache) => Ok(Self::Cache(cache.reordered(rows)?)),
            Self::Value(value) => Ok(Self::Value(value.contiguous()?.index_select(rows, 0)?)),
        }
    }
}

impl Cache {
    /// An empty cache.
    ///
    /// Memory that is never written costs nothing: the allocator hands out untouched pages.
    pub(super) fn new(shape: [usize; 4], dtype: DType, device: &Device) -> Result<Self, Fault> {
        let bytes = shape.iter().try_fold(dtype.size_in_bytes(), |product, &size| product.checked_mul(size));
        let possible = bytes.is_some_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok());
        if !possible {
            return Err(Fault::Reason(format!("there is no memory for a cache of {shape:?}")));
        }
        Ok(Self { memory: Tensor::zeros(&shape, dtype, device)?, filled: 0 })
    }

    /// Writes `new` behind the rows that are filled and returns a view of both. The cache itself
    /// counts them only once the step has succeeded, see [`Cache::advance`].
    pub(super) fn append(&self, new: &Tensor) -> Result<Tensor, Fault> {
        let added = new.dim(2)?;
        let capacity = self.memory.dim(2)?;
        if added > capacity - self.filled {
            return Err(Fault::Reason(format!(
                "{added} positions are added to {} in a cache for {capacity}",
                self.filled
            )));
        }
        if new.elem_count() > 0 {
            self.memory.slice_set(&new.contiguous()?, 2, self.filled)?;
        }
        Ok(self.memory.narrow(2, 0, self.filled + added)?)
    }

    /// Counts the first `filled` rows as filled.
    pub(super) fn advance(&mut self, filled: usize) {
        self.filled = filled;
    }

    fn reordered(&self, rows: &Tensor) -> Result<Self, Fault> {
        let (_, heads, capacity, width) = self.memory.dims4()?;
        let shape = [rows.elem_count(), heads, capacity, width];
        let mut cache = Self::new(shape, self.memory.dtype(), self.memory.device())?;
        let past = self.memory.narrow(2, 0, self.filled)?.contiguous()?;
        cache.append(&past.index_select(rows, 0)?)?;
        cache.filled = self.filled;
        Ok(cache)
    }
}
