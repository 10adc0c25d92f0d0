//! Patches of a time series as tokens.

use super::linear::fixed_width;
use crate::ir::{Literal, LiteralData, Scope, Value};

/// Values of patches that a graph may list the places of.
const MOST_PLACES: usize = 1 << 24;

/// Stretches of a time series (PatchTST, arXiv:2211.14730), `[batch, channels, patches, length]`: the last one ends where
/// the series does, and values before the first are left out.
#[derive(Clone, Debug)]
pub struct SeriesPatches {
    /// Values, `[batch, time, channels]`, of which all but the batch is fixed.
    pub of: Value,
    /// Values of a patch.
    pub length: usize,
    /// Values from the start of a patch to that of the next.
    pub stride: usize,
}

impl SeriesPatches {
    /// Patches.
    pub fn new(of: Value, length: usize, stride: usize) -> Self {
        Self { of, length, stride }
    }

    /// Adds the patches.
    pub fn build(self, g: &Scope) -> Value {
        let Some(time) = g.dim(self.of, 1).as_size().filter(|&time| time >= self.length && self.stride > 0)
        else {
            g.fail(format_args!(
                "there is no patch of {} values every {} in {} of them",
                self.length,
                self.stride,
                g.dim(self.of, 1)
            ));
            return self.of;
        };
        let count = (time - self.length) / self.stride + 1;
        if count.saturating_mul(self.length) > MOST_PLACES {
            g.fail(format_args!("{count} patches of {} values are too many", self.length));
            return self.of;
        }
        let start = (time - self.length) % self.stride;
        let places = (0..count).flat_map(|patch| {
            let first = start + patch * self.stride;
            (first..first + self.length).map(|place| place as i64)
        });
        let data = LiteralData::I64(places.collect());
        let places = g.constant(Literal { shape: vec![count, self.length], data });
        g.transpose(g.gather(self.of, 1, places), &[0, 3, 1, 2])
    }
}

/// Learned or fixed positions of patches, and a class token before them (PatchTST, arXiv:2211.14730).
///
/// Parameters: `position_enc` (`[patches, width]`, the class token included), `cls_token` (`[1, 1, 1, width]`).
#[derive(Clone, Debug)]
pub struct SeriesPositions {
    /// Patches, `[batch, channels, patches, width]`.
    pub of: Value,
    /// Whether a class token stands before the patches of each channel.
    pub class_token: bool,
}

impl SeriesPositions {
    /// Positions without a class token.
    pub fn new(of: Value) -> Self {
        Self { of, class_token: false }
    }

    /// Adds the positions.
    pub fn build(self, g: &Scope) -> Value {
        let (Some(width), Some(patches)) = (fixed_width(g, self.of), g.dim(self.of, 2).as_size()) else {
            return self.of;
        };
        if !self.class_token {
            return g.add(self.of, g.param("position_enc", &[patches, width]));
        }
        let positions = g.param("position_enc", &[patches + 1, width]);
        let token = g.add(g.param("cls_token", &[1, 1, 1, width]), g.slice(positions, 0, 0, 1usize));
        let tokens = g.expand(token, &[g.dim(self.of, 0), g.dim(self.of, 1), 1.into(), width.into()]);
        g.concat(tokens, g.add(self.of, g.slice(positions, 0, 1usize, patches + 1)), 2)
    }
}
