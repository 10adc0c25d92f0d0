//! The stem of a vision transformer.

use super::{ImagePositions, MaskedTokens, PatchGrid};
use crate::ir::{Scope, Value};

/// Patches of an image as tokens (ViT, arXiv:2010.11929): a convolution whose kernel is its stride, a class
/// token in front, learned positions.
///
/// Parameters: the `weight` and `bias` of the convolution, the class token, the positions, and `mask_token` where
/// patches are masked.
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
    /// Whether the convolution has a bias.
    pub bias: bool,
    /// Whether there is a class token in front.
    pub class_token: bool,
    /// Whether a distillation token (DeiT, arXiv:2012.12877) follows, the parameter `distillation_token`.
    pub distillation_token: bool,
    /// Whether class token and positions are stored as a vector and a table (`[width]`, `[tokens, width]`), without
    /// the axes of size 1 that they have otherwise (`[1, 1, width]`, `[1, tokens, width]`).
    pub flat: bool,
    /// Paths of the parameters.
    pub names: PatchEmbeddingsNames,
}

/// Where the parameters of [`PatchEmbeddings`] are.
#[derive(Clone, Copy, Debug)]
pub struct PatchEmbeddingsNames {
    /// The convolution.
    pub projection: &'static str,
    /// The class token.
    pub class: &'static str,
    /// The positions.
    pub positions: &'static str,
}

impl Default for PatchEmbeddingsNames {
    fn default() -> Self {
        Self {
            projection: "patch_embeddings.projection",
            class: "cls_token",
            positions: "position_embeddings",
        }
    }
}

impl PatchEmbeddings {
    /// The stem of a plain vision transformer.
    pub fn new(of: Value, width: usize, image_size: [usize; 2], patch_size: [usize; 2]) -> Self {
        Self {
            of,
            width,
            image_size,
            patch_size,
            masked: None,
            interpolate: false,
            bias: true,
            class_token: true,
            distillation_token: false,
            flat: false,
            names: PatchEmbeddingsNames::default(),
        }
    }

    /// Adds the stem; the result is `[batch, tokens, width]`: the class token, the distillation token, the patches.
    pub fn build(self, g: &Scope) -> Value {
        let grid = PatchGrid { bias: self.bias, ..PatchGrid::new(self.of, self.width, self.patch_size) };
        let grid = grid.build(&g.at(self.names.projection));
        let [batch, rows, columns, width] = &g.shape(grid)[..] else { return self.of };
        let tokens = g.reshape(grid, &[batch.clone(), rows.clone() * columns.clone(), width.clone()]);
        let mut tokens = MaskedTokens::new(tokens, self.masked).build(g);
        let in_front =
            [("distillation_token", self.distillation_token), (self.names.class, self.class_token)];
        for (name, _) in in_front.iter().filter(|(_, is_there)| *is_there) {
            let shape = [1, 1, self.width];
            let token = g.param(name, if self.flat { &shape[2..] } else { &shape });
            let token = g.expand(token, &[batch.clone(), 1.into(), width.clone()]);
            tokens = g.concat(token, tokens, 1);
        }
        let positions = ImagePositions {
            prefix: usize::from(self.class_token) + usize::from(self.distillation_token),
            interpolate: self.interpolate,
            flat: self.flat,
            name: self.names.positions,
            ..ImagePositions::new(self.of, self.width, self.image_size, self.patch_size)
        };
        g.add(tokens, positions.build(g))
    }
}
