//! Feature maps of one width.

use super::super::{Conv2d, GroupNorm, ImageMask};
use super::Levels;
use crate::ir::{Scope, Value};

/// More maps than any image has resolutions.
const MOST: usize = 64;

/// The feature maps of a backbone as [`Levels`] of one width, followed by coarser ones: each is a convolution and a group
/// normalisation, by 1×1 of a map of the backbone, by 3×3 in steps of two of the map before.
///
/// Parameters: `{level}.0` (the convolution), `{level}.1` (the normalisation).
#[derive(Clone, Debug)]
pub struct FeatureLevels {
    /// The backbone's maps, `[batch, channels, rows, columns]` each.
    pub of: Vec<Value>,
    /// How many levels there are.
    pub count: usize,
    /// Channels of a level.
    pub width: usize,
    /// `i64[batch, height, width]`, 0 where a pixel of the image is padding; none: every pixel is real.
    pub mask: Option<Value>,
    /// Groups of channels that are normalised together.
    pub groups: usize,
    /// Added to the variance.
    pub eps: f64,
}

impl FeatureLevels {
    /// Levels of images without padding.
    pub fn new(of: &[Value], count: usize, width: usize) -> Self {
        Self { of: of.to_vec(), count, width, mask: None, groups: 32, eps: 1e-5 }
    }

    /// Adds the levels.
    pub fn build(self, g: &Scope) -> Levels {
        let Some(&last) = self.of.last().filter(|_| self.of.len() <= self.count && self.count <= MOST) else {
            let (maps, count) = (self.of.len(), self.count);
            let problem = format_args!("cannot make {count} levels (at most {MOST}) of {maps} feature maps");
            return Levels { maps: vec![g.unknown(problem)], masks: None };
        };
        let mut maps = vec![];
        for level in 0..self.count {
            let conv = match self.of.get(level) {
                Some(&map) => Conv2d::new(map, self.width, [1, 1]),
                None => {
                    let finer = if level == self.of.len() { last } else { maps[level - 1] };
                    Conv2d { stride: [2, 2], padding: [1, 1], ..Conv2d::new(finer, self.width, [3, 3]) }
                }
            };
            let g = g.at(&level.to_string());
            maps.push(GroupNorm::new(conv.build(&g.at("0")), self.groups, self.eps).build(&g.at("1")));
        }
        let mask = |&map: &Value| ImageMask::new(self.mask, map).build(g);
        Levels { masks: maps.iter().map(mask).collect(), maps }
    }
}
