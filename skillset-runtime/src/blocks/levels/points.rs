//! Where pixels and boxes are in feature maps.

use super::{Levels, across_and_down, centres};
use crate::ir::{Scope, Value};

/// Where the pixels of all [`Levels`] are in each of the maps, across and down in shares of it.
#[derive(Clone, Debug)]
pub struct LevelPoints {
    /// The levels.
    pub of: Levels,
}

/// Where points, or boxes, of an image are in the maps of [`Levels`], whose images may be padded.
#[derive(Clone, Debug)]
pub struct PointsInLevels {
    /// Points in shares of the image without its padding, `[batch, queries, 2]` (across, down); or boxes,
    /// `[batch, queries, 4]` (the center, width, height).
    pub of: Value,
    /// The levels.
    pub levels: Levels,
}

impl LevelPoints {
    /// The pixels of `of`.
    pub fn new(of: Levels) -> Self {
        Self { of }
    }

    /// Adds the points, `[batch, length, levels, 2]`, or `[1, length, 1, 2]` where no image is padded.
    pub fn build(self, g: &Scope) -> Value {
        let shares = self.of.shares(g);
        let points = self.of.sizes(g).into_iter().enumerate().map(|(level, size)| {
            let whole = across_and_down(g, &size);
            let real = match shares {
                Some(shares) => g.unsqueeze(g.mul(g.select(shares, 1, level), whole), 1),
                None => whole,
            };
            g.div(centres(g, &size), real)
        });
        let Some(points) = points.reduce(|all, next| g.concat(all, next, 1)) else {
            return g.unknown("there are no feature maps");
        };
        PointsInLevels::new(points, self.of).build(g)
    }
}

impl PointsInLevels {
    /// Points in `levels`.
    pub fn new(of: Value, levels: Levels) -> Self {
        Self { of, levels }
    }

    /// Adds the points in shares of each map, `[batch, queries, levels, 2 or 4]`; `[batch, queries, 1, 2 or 4]` where no
    /// image is padded, so that they are the same in all maps.
    pub fn build(self, g: &Scope) -> Value {
        let points = g.unsqueeze(self.of, 2);
        let Some(shares) = self.levels.shares(g) else { return points };
        let is_box = g.dim(self.of, 2).as_constant() == Some(4);
        let shares = if is_box { g.concat(shares, shares, 2) } else { shares };
        g.mul(points, g.unsqueeze(shares, 1))
    }
}
