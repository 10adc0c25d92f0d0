//! Positions of points by random waves, and the points of a grid.

use std::f64::consts::TAU;

use crate::ir::{Dim, Scope, Unary, Value};

/// Positions of points by sines and cosines of random projections of their coordinates (random Fourier features,
/// arXiv:2006.10739).
#[derive(Clone, Debug)]
pub struct FourierFeatures {
    /// Points, `[…, coordinates]`, each coordinate from 0 to 1.
    pub of: Value,
    /// The projections, `[coordinates, waves]`.
    pub projection: Value,
}

impl FourierFeatures {
    /// Features of `of`.
    pub fn new(of: Value, projection: Value) -> Self {
        Self { of, projection }
    }

    /// Adds the features, `[…, 2 · waves]`: all sines, then all cosines.
    pub fn build(self, g: &Scope) -> Value {
        let centred = g.sub(g.mul(self.of, 2.0), 1.0);
        let angle = g.mul(g.matmul(centred, self.projection), TAU);
        g.concat(g.unary(Unary::Sin, angle), g.unary(Unary::Cos, angle), -1)
    }
}

/// The centres of the cells of a grid, as places on it from 0 to 1.
#[derive(Clone, Debug)]
pub struct GridPoints {
    /// Rows of the grid.
    pub rows: usize,
    /// Columns of the grid.
    pub columns: usize,
}

impl GridPoints {
    /// The points of a grid.
    pub fn new(rows: usize, columns: usize) -> Self {
        Self { rows, columns }
    }

    /// Adds the points, `[rows, columns, 2]`, each a place across and one down.
    pub fn build(self, g: &Scope) -> Value {
        let whole = [self.rows, self.columns, 1].map(Dim::from);
        let centres = |count: usize, shape: [usize; 3]| {
            let centre = g.div(g.add(g.to_float(g.iota(0, count)), 0.5), count);
            g.expand(g.reshape(centre, &shape.map(Dim::from)), &whole)
        };
        let across = centres(self.columns, [1, self.columns, 1]);
        g.concat(across, centres(self.rows, [self.rows, 1, 1]), 2)
    }
}
