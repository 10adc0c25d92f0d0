//! `x · tableᵀ` with a table that is kept as the checkpoint stores it.
//!
//! For weights that are also looked up row by row (tied embeddings), so that they are in memory
//! once. Rows of `x` lie in the lanes of vectors, and rows of the table are read in place.

use std::mem::MaybeUninit;

use rayon::prelude::*;
use rten_simd::{Isa, SimdOp};

use super::parallel::Shared;
use super::product::{MOST_LANES, Steps, dot, product, vector_length};

/// Rows of the table that one task multiplies.
const ROWS: usize = 64;

/// Channels of one pass: their values for all lanes fit the first-level cache.
const DEPTH: usize = 256;

/// Writes `x` (rows of `width`, which is not 0) times the transposed `table` (likewise) to `out`.
pub(super) fn multiply(x: &[f32], table: &[f32], width: usize, out: &mut [MaybeUninit<f32>]) {
    let (rows, columns) = (x.len() / width, table.len() / width);
    if rows == 1 {
        let chunks = table.par_chunks(ROWS * width).zip(out.par_chunks_mut(ROWS));
        return chunks.for_each(|(table, out)| Dots { x, table, out }.dispatch());
    }
    let vector = vector_length();
    let lanes = if rows <= vector { vector } else { 2 * vector };
    let panels = panels(x, width, lanes);
    let out = Shared::new(out);
    table.par_chunks(ROWS * width).enumerate().for_each(|(chunk, table)| {
        for (index, panel) in panels.chunks_exact(width * lanes).enumerate() {
            let mut memory = [0.0; ROWS * MOST_LANES];
            let products = &mut memory[..table.len() / width * lanes];
            if lanes == vector {
                Chunk::<1> { table, panel, width, products }.dispatch();
            } else {
                Chunk::<2> { table, panel, width, products }.dispatch();
            }
            let first = index * lanes;
            for row in first..rows.min(first + lanes) {
                // SAFETY: these columns of the result are this task's alone.
                let out = unsafe { out.slice(row * columns + chunk * ROWS, table.len() / width) };
                for (out, products) in out.iter_mut().zip(products.chunks_exact(lanes)) {
                    out.write(products[row - first]);
                }
            }
        }
    });
}

/// The rows of `x` as `[panel][channel][lane]`; lanes behind the last row are zero.
fn panels(x: &[f32], width: usize, lanes: usize) -> Vec<f32> {
    let rows = x.len() / width;
    let mut panels = vec![0.0; rows.div_ceil(lanes) * lanes * width];
    for (row, x) in x.chunks_exact(width).enumerate() {
        let panel = &mut panels[row / lanes * lanes * width..];
        for (line, &x) in panel.chunks_exact_mut(lanes).zip(x) {
            line[row % lanes] = x;
        }
    }
    panels
}

/// One row of `x` times some rows of the table, which stream by once.
struct Dots<'a> {
    x: &'a [f32],
    table: &'a [f32],
    out: &'a mut [MaybeUninit<f32>],
}

impl SimdOp for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        for (out, row) in self.out.iter_mut().zip(self.table.chunks_exact(self.x.len())) {
            out.write(dot(isa, self.x, row));
        }
    }
}

/// Some rows of the table times one panel.
struct Chunk<'a, const VECTORS: usize> {
    table: &'a [f32],
    panel: &'a [f32],
    width: usize,
    products: &'a mut [f32],
}

impl<const VECTORS: usize> SimdOp for Chunk<'_, VECTORS> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let lanes = self.panel.len() / self.width;
        for first in (0..self.width).step_by(DEPTH) {
            let end = self.width.min(first + DEPTH);
            let table = Steps { data: &self.table[first..], row: self.width, depth: 1 };
            let panel = &self.panel[first * lanes..end * lanes];
            product::<I, VECTORS>(isa, table, panel, self.products, first > 0);
        }
    }
}
