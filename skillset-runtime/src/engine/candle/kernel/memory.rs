//! Memory of values that died, for those to come.
//!
//! Systems hand out a large block as pages that they clear one by one as they are first written, which takes as long as
//! many a kernel. So values of a run take over the blocks of earlier ones, and a run those of the run before.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::mem::{MaybeUninit, take};
use std::sync::{Mutex, MutexGuard, PoisonError};

use candle_core::{CpuStorage, Device, InplaceOp1, Layout, Storage, Tensor};

use crate::engine::candle::error::Fault;

/// Elements of the smallest block that is worth keeping: allocators keep smaller ones themselves.
const LEAST: usize = 32 * 1024;

/// What a program keeps between runs: the memory of as many as there were at once.
#[derive(Debug, Default)]
pub(in crate::engine::candle) struct Memories(Mutex<Vec<Memory>>);

impl Memories {
    /// Calls `run` with memory of its own.
    pub(in crate::engine::candle) fn lend<R>(&self, run: impl FnOnce(&Memory) -> R) -> R {
        let memory = self.kept().pop().unwrap_or_default();
        let result = run(&memory);
        memory.rest();
        self.kept().push(memory);
        result
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Memory>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The memory of one run at a time.
#[derive(Debug, Default)]
pub(in crate::engine::candle) struct Memory(RefCell<Blocks>);

#[derive(Debug, Default)]
struct Blocks {
    free: Vec<Block>,
    /// By address of a block that is lent: how many values of the run lie in it.
    holders: HashMap<usize, usize>,
}

/// Memory that nobody uses.
#[derive(Debug)]
struct Block {
    memory: Vec<f32>,
    /// Whether this run had a use for it.
    needed: bool,
}

impl Memory {
    /// A new tensor of `shape` whose memory `fill` writes.
    ///
    /// # Safety
    /// When it returns `Ok`, `fill` must have written every element.
    pub(super) unsafe fn filled(
        &self,
        shape: &[usize],
        fill: impl FnOnce(&mut [MaybeUninit<f32>]) -> Result<(), Fault>,
    ) -> Result<Tensor, Fault> {
        let elements = shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
        let block = elements.and_then(|elements| self.0.borrow_mut().lend(elements));
        let (Some(elements), Some(mut block)) = (elements, block) else {
            return Err(Fault::Reason(format!("there is no memory for a tensor of {shape:?}")));
        };
        fill(&mut block.spare_capacity_mut()[..elements])?;
        // SAFETY: the capacity is there, and the caller promises that `fill` has written the elements.
        unsafe { block.set_len(elements) };
        Ok(Tensor::from_vec(block, shape, &Device::Cpu)?)
    }

    /// Counts a value of the run, which may lie in the block of another one.
    pub(in crate::engine::candle) fn hold(&self, value: &Tensor) {
        if let Some(address) = address(value)
            && let Some(holders) = self.0.borrow_mut().holders.get_mut(&address)
        {
            *holders += 1;
        }
    }

    /// Takes back the block of a value that was counted and died, unless others lie in it.
    pub(in crate::engine::candle) fn release(&self, value: &Tensor) {
        if let Some(address) = address(value)
            && let Some(holders) = self.0.borrow_mut().holders.get_mut(&address)
        {
            *holders = holders.saturating_sub(1);
        }
        self.discard(value);
    }

    /// Takes back the block of what a kernel no longer needs, unless values of the run lie in it.
    pub(super) fn discard(&self, tensor: &Tensor) {
        let mut blocks = self.0.borrow_mut();
        if let Some(address) = address(tensor).filter(|address| blocks.holders.get(address) == Some(&0)) {
            blocks.holders.remove(&address);
            blocks.free.extend(memory_of(tensor).map(|memory| Block { memory, needed: true }));
        }
    }

    /// Ends a run. What it had no use for goes back to the system.
    fn rest(&self) {
        let mut blocks = self.0.borrow_mut();
        blocks.holders.clear();
        blocks.free.retain_mut(|block| take(&mut block.needed));
    }
}

impl Blocks {
    /// An empty block for that many elements, if there is the memory.
    fn lend(&mut self, elements: usize) -> Option<Vec<f32>> {
        if elements < LEAST {
            return allocated(elements);
        }
        let sizes = self.free.iter().map(|block| block.memory.capacity()).enumerate();
        let smallest = sizes.filter(|&(_, size)| size >= elements).min_by_key(|&(_, size)| size);
        let block = match smallest {
            Some((index, _)) => self.free.swap_remove(index).memory,
            None => {
                self.make_room(elements);
                allocated(elements)?
            }
        };
        self.holders.insert(block.as_ptr().addr(), 0);
        Some(block)
    }

    /// Gives as much back to the system as is about to be asked of it, so that a run never has more than its values
    /// took at their peak.
    fn make_room(&mut self, elements: usize) {
        self.free.sort_by_key(|block| block.memory.capacity());
        let mut room = 0;
        while let Some(block) = self.free.pop_if(|_| room < elements) {
            room += block.memory.capacity();
        }
    }
}

/// An empty block of the system's.
fn allocated(elements: usize) -> Option<Vec<f32>> {
    let mut block = vec![];
    block.try_reserve_exact(elements).ok()?;
    Some(block)
}

/// Where the block of a tensor starts, if the processor can read it.
fn address(tensor: &Tensor) -> Option<usize> {
    match &*tensor.storage_and_layout().0 {
        Storage::Cpu(CpuStorage::F32(block)) => Some(block.as_ptr().addr()),
        _ => None,
    }
}

/// Takes the block out of a tensor that nobody will read. `None` if the tensor repeats elements, which candle does not
/// let out of hand.
fn memory_of(tensor: &Tensor) -> Option<Vec<f32>> {
    struct TakeOut(Cell<Vec<f32>>);

    impl InplaceOp1 for TakeOut {
        fn name(&self) -> &'static str {
            "take out"
        }

        fn cpu_fwd(&self, storage: &mut CpuStorage, _: &Layout) -> candle_core::Result<()> {
            if let CpuStorage::F32(block) = storage {
                self.0.set(take(block));
            }
            Ok(())
        }
    }

    let out = TakeOut(Cell::default());
    tensor.inplace_op1(&out).ok()?;
    let mut block = out.0.into_inner();
    block.clear();
    Some(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tensor in memory of `memory`.
    fn tensor(memory: &Memory, elements: usize) -> Tensor {
        let fill = |out: &mut [MaybeUninit<f32>]| {
            out.fill(MaybeUninit::new(1.0));
            Ok(())
        };
        // SAFETY: every element is written.
        unsafe { memory.filled(&[elements], fill) }.unwrap()
    }

    fn value(memory: &Memory, elements: usize) -> Tensor {
        let value = tensor(memory, elements);
        memory.hold(&value);
        value
    }

    #[test]
    fn a_value_takes_over_the_block_of_one_that_died() {
        let memory = Memory::default();
        let first = value(&memory, LEAST);
        let block = address(&first);
        assert_ne!(address(&value(&memory, LEAST)), block);
        memory.release(&first);
        let second = value(&memory, LEAST);
        assert_eq!(address(&second), block);
        assert_eq!(second.to_vec1::<f32>().unwrap(), [1.0; LEAST]);
    }

    #[test]
    fn a_block_is_taken_over_when_the_last_value_in_it_died() {
        let memory = Memory::default();
        let first = value(&memory, LEAST);
        let view = first.narrow(0, 1, 2).unwrap();
        memory.hold(&view);
        memory.release(&first);
        memory.discard(&view);
        assert_eq!(view.to_vec1::<f32>().unwrap(), [1.0, 1.0]);
        let block = address(&view);
        memory.release(&view);
        assert_eq!(address(&value(&memory, LEAST)), block);
    }

    #[test]
    fn a_kernels_own_tensor_needs_no_count() {
        let memory = Memory::default();
        let own = tensor(&memory, LEAST);
        let block = address(&own);
        memory.discard(&own);
        assert_eq!(address(&tensor(&memory, LEAST)), block);
    }

    #[test]
    fn a_run_starts_with_what_the_one_before_needed() {
        let memories = Memories::default();
        let run = |elements: usize| {
            memories.lend(|memory| {
                let value = value(memory, elements);
                memory.release(&value);
            });
            memories
                .kept()
                .iter()
                .flat_map(|memory| {
                    let blocks = memory.0.borrow();
                    blocks.free.iter().map(|block| block.memory.capacity()).collect::<Vec<_>>()
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(run(2 * LEAST), [2 * LEAST]);
        assert_eq!(run(LEAST), [2 * LEAST], "a larger block does");
        assert!(run(1).is_empty());
    }

    #[test]
    fn blocks_that_are_too_small_make_room() {
        let memory = Memory::default();
        let values: Vec<Tensor> = (0..3).map(|_| value(&memory, LEAST)).collect();
        values.iter().for_each(|value| memory.release(value));
        let _large = value(&memory, 2 * LEAST);
        assert_eq!(memory.0.borrow().free.len(), 1);
    }

    #[test]
    fn more_memory_than_there_is_is_refused() {
        // SAFETY: there is nothing that `fill` could leave out.
        let refused = unsafe { Memory::default().filled(&[usize::MAX, 2], |_| Ok(())) };
        assert!(refused.unwrap_err().to_string().contains("there is no memory for a tensor of"));
    }
}
