//! Products with a matrix that is read where it lies.

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

/// Lanes of two vectors on any machine.
pub(super) const MOST_LANES: usize = 64;

/// Floats in a vector of this machine.
pub(super) fn vector_length() -> usize {
    struct Length;

    impl SimdOp for Length {
        type Output = usize;

        #[inline(always)]
        fn eval<I: Isa>(self, isa: I) -> usize {
            isa.f32().len()
        }
    }

    Length.dispatch()
}

/// A matrix in memory: where it starts, the step between its rows and along them.
#[derive(Clone, Copy)]
pub(super) struct Steps<'a> {
    pub data: &'a [f32],
    pub row: usize,
    pub depth: usize,
}

/// `out[i][lane] = Σₖ a[i][k] · b[k][lane]`, or that added to `out`; all of `b` and `out` in lines of
/// `VECTORS` vectors.
#[inline(always)]
pub(super) fn product<I: Isa, const VECTORS: usize>(
    isa: I,
    a: Steps<'_>,
    b: &[f32],
    out: &mut [f32],
    add: bool,
) {
    let vector = isa.f32().len();
    let lanes = VECTORS * vector;
    // As many rows at once as there are registers for: 32 with vectors of 512 bits, else 16.
    let most = if vector >= 16 { 8 } else { 4 };
    let mut rest = out;
    let mut row = 0;
    while !rest.is_empty() {
        let left = rest.len() / lanes;
        let rows = if left >= most { most } else { left.min(4) };
        let rows = if rows == 8 || rows == 4 { rows } else { 1 };
        let (lines, behind) = std::mem::take(&mut rest).split_at_mut(rows * lanes);
        let a = Steps { data: &a.data[row * a.row..], ..a };
        match rows {
            8 => block::<I, VECTORS, 8>(isa, a, b, lines, add),
            4 => block::<I, VECTORS, 4>(isa, a, b, lines, add),
            _ => block::<I, VECTORS, 1>(isa, a, b, lines, add),
        }
        row += rows;
        rest = behind;
    }
}

/// `ROWS` rows of [`product`], held in registers.
#[inline(always)]
fn block<I: Isa, const VECTORS: usize, const ROWS: usize>(
    isa: I,
    a: Steps<'_>,
    b: &[f32],
    out: &mut [f32],
    add: bool,
) {
    let ops = isa.f32();
    let vector = ops.len();
    let lanes = VECTORS * vector;
    let depth = b.len() / lanes;
    assert!(out.len() >= ROWS * lanes, "a line for each row");
    assert!(depth == 0 || (ROWS - 1) * a.row + (depth - 1) * a.depth < a.data.len(), "a within its memory");
    let mut sums = [[ops.zero(); VECTORS]; ROWS];
    if add {
        for (row, sums) in sums.iter_mut().enumerate() {
            for (at, sum) in sums.iter_mut().enumerate() {
                *sum = ops.load(&out[row * lanes + at * vector..]);
            }
        }
    }
    for k in 0..depth {
        let mut line = [ops.zero(); VECTORS];
        for (at, line) in line.iter_mut().enumerate() {
            // SAFETY: `b` has `depth` lines of that many vectors.
            *line = unsafe { ops.load_ptr(b.as_ptr().add(k * lanes + at * vector)) };
        }
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: the last row and depth were checked against the memory above.
            let x = ops.splat(unsafe { *a.data.get_unchecked(row * a.row + k * a.depth) });
            for at in 0..VECTORS {
                sums[at] = ops.mul_add(x, line[at], sums[at]);
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        for (at, &sum) in sums.iter().enumerate() {
            ops.store(sum, &mut out[row * lanes + at * vector..]);
        }
    }
}

/// Σ a·b
#[inline(always)]
pub(super) fn dot<I: Isa>(isa: I, a: &[f32], b: &[f32]) -> f32 {
    let ops = isa.f32();
    let vector = ops.len();
    // Four sums hide the latency of the additions.
    let mut sums = [ops.zero(); 4];
    let (a_blocks, b_blocks) = (a.chunks_exact(4 * vector), b.chunks_exact(4 * vector));
    let rest = a_blocks.remainder().chunks(vector).zip(b_blocks.remainder().chunks(vector));
    for (a, b) in a_blocks.zip(b_blocks) {
        let (a, b) = (ops.load_many::<4>(a), ops.load_many::<4>(b));
        for lane in 0..4 {
            sums[lane] = ops.mul_add(a[lane], b[lane], sums[lane]);
        }
    }
    for (a, b) in rest {
        sums[0] = ops.mul_add(ops.load_pad(a).0, ops.load_pad(b).0, sums[0]);
    }
    ops.sum(ops.add(ops.add(sums[0], sums[1]), ops.add(sums[2], sums[3])))
}
