//! How work is split over the threads of the pool.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use rayon::prelude::*;

/// Elements of light work (a few operations each) that are worth handing to another thread: some
/// microseconds, against about one for waking a thread that is waiting for work.
const GRAIN: usize = 8 * 1024;

/// Calls `work` with the index of the first row and the memory of some whole rows of `width`
/// elements, until all of `out` was passed once; several threads work if there is enough to do.
///
/// `weight` says how many light operations one element stands for.
pub(super) fn rows<T: Send>(
    out: &mut [T],
    width: usize,
    weight: usize,
    work: impl Fn(usize, &mut [T]) + Sync,
) {
    if out.is_empty() || width == 0 {
        return;
    }
    let total = out.len() / width;
    let least = GRAIN.div_ceil(width * weight.max(1));
    // A few tasks a thread even out threads that are slowed down by other load.
    let even = total.div_ceil(4 * rayon::current_num_threads());
    let each = least.max(even).min(total);
    if each == total {
        work(0, out);
    } else {
        out.par_chunks_mut(each * width).enumerate().for_each(|(index, rows)| work(index * each, rows));
    }
}

/// Memory of a result that several threads write in places that do not overlap.
pub(super) struct Shared<'a> {
    memory: *mut MaybeUninit<f32>,
    length: usize,
    owner: PhantomData<&'a mut [MaybeUninit<f32>]>,
}

// SAFETY: it is a mutable slice whose users promise to take disjoint parts, see `Shared::slice`.
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
    pub(super) fn new(out: &'a mut [MaybeUninit<f32>]) -> Self {
        Self { memory: out.as_mut_ptr(), length: out.len(), owner: PhantomData }
    }

    /// Some of the memory.
    ///
    /// # Safety
    /// No element may be in two slices at a time.
    #[expect(clippy::mut_from_ref, reason = "slices are disjoint")]
    pub(super) unsafe fn slice(&self, start: usize, length: usize) -> &mut [MaybeUninit<f32>] {
        assert!(start <= self.length && length <= self.length - start, "a part of the result");
        // SAFETY: in bounds as just checked; exclusive as the caller promises.
        unsafe { std::slice::from_raw_parts_mut(self.memory.add(start), length) }
    }
}
