//! Feature maps of an image at several resolutions, the finest first, as Deformable DETR (arXiv:2010.04159) has them.

mod attention;
mod features;
mod points;
mod positions;
mod proposals;
mod tokens;

pub use attention::DeformableAttention;
pub use features::FeatureLevels;
pub use points::{LevelPoints, PointsInLevels};
pub use positions::LevelPositions;
pub use proposals::{LevelProposals, ProposalMask};
pub use tokens::{LevelMask, LevelTokens};

use crate::ir::{Dim, Scope, Value};

/// Feature maps of an image at several resolutions.
#[derive(Clone, Debug)]
pub struct Levels {
    /// The maps, `[batch, width, rows, columns]`.
    pub maps: Vec<Value>,
    /// Which pixels of each are no padding, `bool[batch, rows, columns]`; none: all are.
    pub masks: Option<Vec<Value>>,
}

impl Levels {
    /// Rows and columns of each map.
    fn sizes(&self, g: &Scope) -> Vec<[Dim; 2]> {
        self.maps.iter().map(|&map| [g.dim(map, 2), g.dim(map, 3)]).collect()
    }

    /// How many columns and rows of a map are no padding, `f32[batch or 1, 2]`.
    fn real(&self, g: &Scope, level: usize) -> Value {
        let count = |axis: isize| {
            let count = match &self.masks {
                // Images are in the upper left corner.
                Some(masks) => g.sum(g.to_float(g.select(masks[level], axis, 0)), 1),
                None => g.reshape(g.to_float(g.size(g.dim(self.maps[level], 4 - axis))), &[1.into()]),
            };
            g.unsqueeze(count, 1)
        };
        g.concat(count(1), count(2), 1)
    }

    /// The shares of columns and rows of all maps that are no padding, `f32[batch, levels, 2]`; none: all of them are.
    fn shares(&self, g: &Scope) -> Option<Value> {
        self.masks.as_ref()?;
        let levels = self.sizes(g).into_iter().enumerate();
        let shares =
            levels.map(|(level, size)| g.unsqueeze(g.div(self.real(g, level), across_and_down(g, &size)), 1));
        shares.reduce(|all, next| g.concat(all, next, 1))
    }
}

/// Columns and rows as `f32[2]`.
fn across_and_down(g: &Scope, [rows, columns]: &[Dim; 2]) -> Value {
    let [columns, rows] = [columns, rows].map(|size| g.reshape(g.to_float(g.size(size)), &[1.into()]));
    g.concat(columns, rows, 0)
}

/// The centres of the pixels of a map, across and down from its upper left corner in pixels, `f32[1, rows · columns, 2]`.
fn centres(g: &Scope, [rows, columns]: &[Dim; 2]) -> Value {
    let along = |length: &Dim, shape: [Dim; 3]| {
        let centres = g.add(g.to_float(g.iota(0, length)), 0.5);
        g.expand(g.reshape(centres, &shape), &[rows.clone(), columns.clone(), 1.into()])
    };
    let across = along(columns, [1.into(), columns.clone(), 1.into()]);
    let down = along(rows, [rows.clone(), 1.into(), 1.into()]);
    g.reshape(g.concat(across, down, 2), &[1.into(), rows.clone() * columns.clone(), 2.into()])
}
