//! The stem of a vision transformer.

use super::Conv2d;
use super::resample::bicubic;
use crate::ir::{Dim, Scope, Value};

/// Patches of an image as tokens (ViT, arXiv:2010.11929): a convolution whose kernel is its stride, a class
/// token in front, learned positions.
///
/// Parameters: `patch_embeddings.projection.{weight, bias}`, `cls_token`, `position_embeddings`, and `mask_token`
/// where patches are masked.
#[derive(Clone, Debug)]
pub struct PatchEmbeddings {
    /// The image, `[batch, channels, height, width]`.
    pub of: Value,
    /// Width of a token.
    pub width: usize,
    /// Height and width of the image.
    pub image_size: [usize; 2],
    /// Height and width of a patch.
    pub patch_size: [usize; 2],
    /// Patches that a learned token stands in for, `bool[batch, patches]`.
    pub masked: Option<Value>,
    /// Resample the learned positions to the size that the image has, which may then be any.
    pub interpolate: bool,
}

impl PatchEmbeddings {
    /// The stem of a plain vision transformer.
    pub fn new(of: Value, width: usize, image_size: [usize; 2], patch_size: [usize; 2]) -> Self {
        Self { of, width, image_size, patch_size, masked: None, interpolate: false }
    }

    /// Adds the stem; the result is `[batch, 1 + patches, width]`.
    pub fn build(self, g: &Scope) -> Value {
        if self.patch_size.contains(&0) {
            g.fail("patch_size: expected positive sizes, found 0");
            return self.of;
        }
        let projection = Conv2d::new(self.of, self.width, self.patch_size);
        let patches =
            Conv2d { stride: self.patch_size, ..projection }.build(&g.at("patch_embeddings.projection"));

        let batch = g.dim(self.of, 0);
        let grid = [g.dim(patches, 2), g.dim(patches, 3)];
        let count = grid[0].clone() * grid[1].clone();
        let flat = g.reshape(patches, &[batch.clone(), self.width.into(), count]);
        let tokens = g.transpose(flat, &[0, 2, 1]);
        let tokens = match self.masked {
            Some(masked) => {
                g.where_(g.unsqueeze(masked, 2), g.param("mask_token", &[1, 1, self.width]), tokens)
            }
            None => tokens,
        };
        let class =
            g.expand(g.param("cls_token", &[1, 1, self.width]), &[batch, Dim::from(1), self.width.into()]);
        g.add(g.concat(class, tokens, 1), self.positions(g, grid))
    }

    /// The learned position of each token, `[1, 1 + patches, width]`.
    fn positions(&self, g: &Scope, grid: [Dim; 2]) -> Value {
        let learned = [0, 1].map(|axis| self.image_size[axis] / self.patch_size[axis]);
        let count = learned[0] * learned[1];
        let table = g.param("position_embeddings", &[1, count + 1, self.width]);
        if !self.interpolate {
            return table;
        }
        // Resampling takes the grid for a square, whatever the image's shape, as transformers does.
        let side = count.isqrt();
        if side * side != count {
            g.fail(format_args!("interpolate_pos_encoding: {count} patches do not make a square grid"));
            return table;
        }
        let width = Dim::from(self.width);
        let class = g.slice(table, 1, 0, 1);
        let patches = g.slice(table, 1, 1, count + 1);
        let patches = g.reshape(patches, &[side.into(), side.into(), width.clone()]);
        let total = grid[0].clone() * grid[1].clone();
        let resampled = g.reshape(bicubic(g, patches, grid), &[Dim::from(1), total, width]);
        g.concat(class, resampled, 1)
    }
}
