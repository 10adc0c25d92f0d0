//! The stem of a vision transformer.

use super::{ImagePositions, MaskedTokens, PatchGrid};
use crate::ir::{Scope, Value};

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
        let grid = PatchGrid::new(self.of, self.width, self.patch_size);
        let grid = grid.build(&g.at("patch_embeddings.projection"));
        let [batch, rows, columns, width] = &g.shape(grid)[..] else { return self.of };
        let tokens = g.reshape(grid, &[batch.clone(), rows.clone() * columns.clone(), width.clone()]);
        let tokens = MaskedTokens::new(tokens, self.masked).build(g);
        let class = g.param("cls_token", &[1, 1, self.width]);
        let class = g.expand(class, &[batch.clone(), 1.into(), width.clone()]);
        let positions = ImagePositions {
            prefix: 1,
            interpolate: self.interpolate,
            ..ImagePositions::new(self.of, self.width, self.image_size, self.patch_size)
        };
        g.add(g.concat(class, tokens, 1), positions.build(g))
    }
}
