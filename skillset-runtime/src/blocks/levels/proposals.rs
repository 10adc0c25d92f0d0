//! The boxes that a detector of two stages begins with.

use super::{Levels, centres};
use crate::ir::{Compare, Literal, Reduce, Scope, Unary, Value};

/// Shares of an image that a proposed box's center, width and height are within.
const LEAST: f64 = 0.01;
const MOST: f64 = 0.99;
/// Width and height of the boxes of the finest level; those of the next are twice as large.
const FINEST: f64 = 0.05;

/// Which pixels of [`Levels`] propose a box (two-stage Deformable DETR, arXiv:2010.04159): those that are no padding, and
/// whose box is neither at the image's edge nor larger than the image.
#[derive(Clone, Debug)]
pub struct ProposalMask {
    /// The levels.
    pub of: Levels,
}

/// The boxes that pixels of [`Levels`] propose: around each pixel one whose size is that of the level.
#[derive(Clone, Debug)]
pub struct LevelProposals {
    /// The levels.
    pub of: Levels,
    /// Which pixels propose a box, as [`ProposalMask`] says.
    pub mask: Value,
}

impl ProposalMask {
    /// The pixels of `of`.
    pub fn new(of: Levels) -> Self {
        Self { of }
    }

    /// Adds the mask, `bool[batch or 1, length, 1]`.
    pub fn build(self, g: &Scope) -> Value {
        let boxes = boxes(g, &self.of);
        let extreme = |kind| g.unsqueeze(g.reduce(kind, boxes, 2), 2);
        let least = g.compare(Compare::Greater, extreme(Reduce::Min), LEAST);
        let most = g.compare(Compare::Less, extreme(Reduce::Max), MOST);
        let inside = g.and(least, most);
        match super::LevelMask::new(self.of).build(g) {
            Some(mask) => g.and(inside, g.unsqueeze(mask, 2)),
            None => inside,
        }
    }
}

impl LevelProposals {
    /// The boxes of `of` where `mask` holds.
    pub fn new(of: Levels, mask: Value) -> Self {
        Self { of, mask }
    }

    /// Adds the boxes (center, width, height, in shares of the image without its padding) before a sigmoid,
    /// `[batch or 1, length, 4]`; infinity where none is proposed.
    pub fn build(self, g: &Scope) -> Value {
        let boxes = boxes(g, &self.of);
        let rest = g.add(g.mul(boxes, -1.0), 1.0);
        g.where_(self.mask, g.unary(Unary::Log, g.div(boxes, rest)), f64::INFINITY)
    }
}

/// The boxes of all pixels.
fn boxes(g: &Scope, levels: &Levels) -> Value {
    let boxes = levels.sizes(g).into_iter().enumerate().map(|(level, size)| {
        let center = g.div(centres(g, &size), g.unsqueeze(levels.real(g, level), 1));
        let side = g.constant(Literal::scalar(FINEST * 2f64.powi(level as i32)));
        g.concat(center, g.expand(side, &g.shape(center)), 2)
    });
    boxes.reduce(|all, next| g.concat(all, next, 1)).unwrap_or_else(|| g.unknown("there are no feature maps"))
}
