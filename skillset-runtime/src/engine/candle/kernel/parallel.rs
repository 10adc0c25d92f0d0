//! How work is split over the threads of the pool.

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
