//! The stem of a vision transformer.

use super::Conv2d;
use super::resample::bicubic;
use crate::ir::{Dim, Scope, Value};

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
            flat: false,
            names: PatchEmbeddingsNames::default(),
        }
    }

    /// Adds the stem; the result is `[batch, 1 + patches, width]`, without a class token `[batch, patches, width]`.
    pub fn build(self, g: &Scope) -> Value {
        if self.patch_size.contains(&0) {
            g.fail("patch_size: expected positive sizes, found 0");
            return self.of;
        }
        let projection = Conv2d::new(self.of, self.width, self.patch_size);
        let patches = Conv2d { stride: self.patch_size, bias: self.bias, ..projection };
        let patches = patches.build(&g.at(self.names.projection));

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
        let tokens = match self.class_token {
            true => {
                let shape = [1, 1, self.width];
                let class = g.param(self.names.class, if self.flat { &shape[2..] } else { &shape });
                let class = g.expand(class, &[batch, Dim::from(1), self.width.into()]);
                g.concat(class, tokens, 1)
            }
            false => tokens,
        };
        g.add(tokens, self.positions(g, grid))
    }

    /// The learned position of each token, `[1, tokens, width]` or `[tokens, width]`.
    fn positions(&self, g: &Scope, grid: [Dim; 2]) -> Value {
        let learned = [0, 1].map(|axis| self.image_size[axis] / self.patch_size[axis]);
        let count = learned[0] * learned[1];
        let before = usize::from(self.class_token);
        let table = [1, before + count, self.width];
        let table = g.param(self.names.positions, if self.flat { &table[1..] } else { &table });
        if !self.interpolate {
            return table;
        }
        let table = if self.flat { g.unsqueeze(table, 0) } else { table };
        // Resampling takes the grid for a square, whatever the image's shape, as transformers does.
        let side = count.isqrt();
        if side * side != count {
            g.fail(format_args!("interpolate_pos_encoding: {count} patches do not make a square grid"));
            return table;
        }
        let width = Dim::from(self.width);
        let patches = g.slice(table, 1, before, before + count);
        let patches = g.reshape(patches, &[side.into(), side.into(), width.clone()]);
        let total = grid[0].clone() * grid[1].clone();
        let resampled = g.reshape(bicubic(g, patches, grid), &[Dim::from(1), total, width]);
        match self.class_token {
            true => g.concat(g.slice(table, 1, 0, 1), resampled, 1),
            false => resampled,
        }
    }
}
