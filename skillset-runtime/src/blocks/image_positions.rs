//! Learned positions of patches.

use super::resample::bicubic;
use crate::ir::{Dim, Scope, Value};

/// Learned positions of the patches of an image and of tokens in front of them, the parameter `name`
/// (`[1, prefix + patches, width]`).
#[derive(Clone, Debug)]
pub struct ImagePositions {
    /// The image, `[batch, channels, height, width]`.
    pub of: Value,
    /// Width of a token.
    pub width: usize,
    /// Height and width of the images that positions were learned for.
    pub image_size: [usize; 2],
    /// Height and width of a patch.
    pub patch_size: [usize; 2],
    /// Tokens in front of the patches.
    pub prefix: usize,
    /// Resample the learned positions to the size that the image has, which may then be any.
    pub interpolate: bool,
    /// Whether positions are stored as a table, `[prefix + patches, width]`.
    pub flat: bool,
    /// Name of the positions.
    pub name: &'static str,
}

impl ImagePositions {
    /// Positions of patches alone.
    pub fn new(of: Value, width: usize, image_size: [usize; 2], patch_size: [usize; 2]) -> Self {
        Self {
            of,
            width,
            image_size,
            patch_size,
            prefix: 0,
            interpolate: false,
            flat: false,
            name: "position_embeddings",
        }
    }

    /// Adds the positions, `[1, prefix + patches, width]`.
    pub fn build(self, g: &Scope) -> Value {
        if self.patch_size.contains(&0) {
            g.fail("patch_size: expected positive sizes, found 0");
            return self.of;
        }
        let learned = [0, 1].map(|axis| self.image_size[axis] / self.patch_size[axis]);
        let count = learned[0] * learned[1];
        let shape = [1, self.prefix + count, self.width];
        let table = match self.flat {
            true => g.unsqueeze(g.param(self.name, &shape[1..]), 0),
            false => g.param(self.name, &shape),
        };
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
        let [rows, columns] = [0, 1].map(|axis| g.dim(self.of, 2 + axis as isize) / self.patch_size[axis]);
        let patches = g.slice(table, 1, self.prefix, self.prefix + count);
        let square = g.reshape(patches, &[side.into(), side.into(), width.clone()]);
        let resampled = bicubic(g, square, [rows.clone(), columns.clone()]);
        let patches = g.reshape(resampled, &[1.into(), rows * columns, width]);
        if self.prefix == 0 { patches } else { g.concat(g.slice(table, 1, 0, self.prefix), patches, 1) }
    }
}
