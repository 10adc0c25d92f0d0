//! Learned positions of pixels.

use super::Embedding;
use crate::ir::{Scope, Value};

/// Learned positions of the rows and columns of an image (DETR, arXiv:2005.12872), with the parameters
/// `row_embeddings.weight` and `column_embeddings.weight`, each `[count, width / 2]`.
#[derive(Clone, Debug)]
pub struct GridPositions {
    /// The image, `[batch, channels, height, width]`, of at most `count` rows and columns.
    pub of: Value,
    /// Width of a position: half of it for the column, half for the row.
    pub width: usize,
    /// Rows and columns that there are positions for.
    pub count: usize,
}

impl GridPositions {
    /// Positions for 50 rows and columns.
    pub fn new(of: Value, width: usize) -> Self {
        Self { of, width, count: 50 }
    }

    /// Adds the positions, `[1, height · width, width]`.
    pub fn build(self, g: &Scope) -> Value {
        let half = self.width / 2;
        let [rows, columns] = [2, 3].map(|axis| g.dim(self.of, axis));
        let line = |name: &str, length, axis| {
            let table = Embedding::new(g.iota(0, length), self.count, half).build(&g.at(name));
            g.expand(g.unsqueeze(table, axis), &[rows.clone(), columns.clone(), half.into()])
        };
        let across = line("column_embeddings", &columns, 0);
        let down = line("row_embeddings", &rows, 1);
        let grid = g.concat(across, down, 2);
        g.reshape(grid, &[1.into(), rows.clone() * columns.clone(), (2 * half).into()])
    }
}
