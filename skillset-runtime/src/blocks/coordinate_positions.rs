//! Positions by coordinates.

use std::f64::consts::TAU;

use super::sine_positions::waves;
use crate::ir::{Scope, Value};

/// Positions of points or boxes by sines and cosines of their coordinates, each of which goes from 0 to 2π (DAB-DETR,
/// arXiv:2201.12329).
#[derive(Clone, Debug)]
pub struct CoordinatePositions {
    /// Coordinates in shares of the image, `[batch, queries, count]`.
    pub of: Value,
    /// Width of the position of a coordinate.
    pub width: usize,
    /// Ratio of the longest to the shortest wave.
    pub temperature: f64,
}

impl CoordinatePositions {
    /// Positions with the usual waves.
    pub fn new(of: Value, width: usize) -> Self {
        Self { of, width, temperature: 10_000.0 }
    }

    /// Adds the positions, `[batch, queries, count · width]`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(positions) = waves(g, g.mul(self.of, TAU), self.width, self.temperature) else {
            return self.of;
        };
        let [batch, queries, count] = [0, 1, 2].map(|axis| g.dim(self.of, axis));
        g.reshape(positions, &[batch, queries, count * self.width.into()])
    }
}
