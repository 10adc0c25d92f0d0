//! Positions of the pixels of all levels.

use super::super::{GridPositions, SinePositions};
use super::Levels;
use crate::ir::{Scope, Value};

/// Positions of the pixels of all [`Levels`]: those within a map plus the parameter `level_embed` (`[levels, width]`).
///
/// Those within a map go by sines and cosines, see [`SinePositions`], from the edge of the first pixel; or are learned,
/// see [`GridPositions`], with tables at `position_embedding` that all maps share.
#[derive(Clone, Debug)]
pub struct LevelPositions {
    /// The levels.
    pub of: Levels,
    /// Width of a position.
    pub width: usize,
    /// Whether positions within a map are learned.
    pub learned: bool,
}

impl LevelPositions {
    /// Positions by sines and cosines.
    pub fn new(of: Levels, width: usize) -> Self {
        Self { of, width, learned: false }
    }

    /// Adds the positions, `[batch or 1, length, width]`.
    pub fn build(self, g: &Scope) -> Value {
        let Self { of: Levels { maps, masks }, width, learned } = self;
        let levels = g.param("level_embed", &[maps.len(), width]);
        let positions = maps.iter().enumerate().map(|(level, &map)| {
            let within = if learned {
                GridPositions::new(map, width).build(&g.at("position_embedding"))
            } else {
                let mask = masks.as_ref().map(|masks| masks[level]);
                SinePositions { mask, offset: 0.5, ..SinePositions::new(map, width) }.build(g)
            };
            g.add(within, g.select(levels, 0, level))
        });
        let all = positions.reduce(|all, next| g.concat(all, next, 1));
        all.unwrap_or_else(|| g.unknown("there are no feature maps"))
    }
}
