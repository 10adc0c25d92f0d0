//! Pixels of all levels as one sequence.

use super::Levels;
use crate::ir::{Scope, Value};

/// The pixels of all [`Levels`] as one sequence.
#[derive(Clone, Debug)]
pub struct LevelTokens {
    /// The levels.
    pub of: Levels,
}

/// Which pixels of all [`Levels`] are no padding.
#[derive(Clone, Debug)]
pub struct LevelMask {
    /// The levels.
    pub of: Levels,
}

impl LevelTokens {
    /// The pixels of `of`.
    pub fn new(of: Levels) -> Self {
        Self { of }
    }

    /// Adds the sequence, `[batch, length, width]`.
    pub fn build(self, g: &Scope) -> Value {
        let tokens = self.of.maps.iter().map(|&map| {
            let [batch, width] = [0, 1].map(|axis| g.dim(map, axis));
            let flat = g.reshape(map, &[batch, width, g.dim(map, 2) * g.dim(map, 3)]);
            g.transpose(flat, &[0, 2, 1])
        });
        let all = tokens.reduce(|all, next| g.concat(all, next, 1));
        all.unwrap_or_else(|| g.unknown("there are no feature maps"))
    }
}

impl LevelMask {
    /// The pixels of `of`.
    pub fn new(of: Levels) -> Self {
        Self { of }
    }

    /// Adds the mask, `bool[batch, length]`.
    pub fn build(self, g: &Scope) -> Option<Value> {
        let flat = |mask| g.reshape(mask, &[g.dim(mask, 0), g.dim(mask, 1) * g.dim(mask, 2)]);
        self.of.masks?.into_iter().map(flat).reduce(|all, next| g.concat(all, next, 1))
    }
}
