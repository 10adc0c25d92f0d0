//! The parts of an image that are looked at, and the points on them.

use super::{MaskGenerationOptions, MaskPrompt};
use crate::processors::ProcessorError;
use crate::processors::image::Image;

/// A part of an image, in pixels from its top left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crop {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}

impl Crop {
    /// An image of `(height, width)` as a whole.
    pub(super) fn whole((height, width): (usize, usize)) -> Self {
        Self { left: 0, top: 0, right: width, bottom: height }
    }

    /// `(height, width)`
    pub(super) fn size(&self) -> (usize, usize) {
        (self.bottom - self.top, self.right - self.left)
    }

    /// The pixels of the part.
    pub(super) fn of(&self, image: &Image) -> Result<Image, ProcessorError> {
        let ((height, width), channels) = (self.size(), image.channels());
        let rows = image.pixels().chunks_exact(image.size().1 * channels).skip(self.top).take(height);
        let pixels = rows.flat_map(|row| &row[self.left * channels..self.right * channels]).copied();
        Image::from_pixels(pixels.collect(), height, width, channels)
    }
}

/// The whole of an image of `(height, width)`, and the crops of each layer (`_generate_per_layer_crops`); those that would
/// be empty are none.
pub(super) fn crops((height, width): (usize, usize), options: &MaskGenerationOptions) -> Vec<Crop> {
    let mut crops = vec![Crop::whole((height, width))];
    for layer in 0..options.crops_n_layers {
        let side = 2usize << layer;
        let short = height.min(width) as f64;
        let overlap = (options.crop_overlap_ratio * short * (2.0 / side as f64)) as usize;
        let length = |whole: usize| (overlap * (side - 1) + whole).div_ceil(side);
        let edges = |whole: usize| {
            let (length, step) = (length(whole), length(whole) - overlap);
            (0..side).map(move |index| (step * index, (step * index + length).min(whole)))
        };
        for (left, right) in edges(width) {
            let rows = edges(height).filter(|(top, bottom)| left < right && top < bottom);
            crops.extend(rows.map(|(top, bottom)| Crop { left, top, right, bottom }));
        }
    }
    crops
}

/// Points of a grid of `side` × `side` over an image of `(height, width)`, across and down, row by row
/// (`_build_point_grid`).
pub(super) fn grid(side: usize, (height, width): (usize, usize)) -> Vec<MaskPrompt> {
    let place = move |index: usize, length: usize| (index as f64 + 0.5) / side as f64 * length as f64;
    let row =
        |row: usize| (0..side).map(move |column| MaskPrompt::point(place(column, width), place(row, height)));
    (0..side).flat_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_overlap() {
        let options = MaskGenerationOptions { crops_n_layers: 1, ..MaskGenerationOptions::default() };
        let found: Vec<[usize; 4]> =
            crops((30, 40), &options).iter().map(|c| [c.left, c.top, c.right, c.bottom]).collect();
        assert_eq!(
            found,
            [[0, 0, 40, 30], [0, 0, 25, 20], [0, 10, 25, 30], [15, 0, 40, 20], [15, 10, 40, 30]]
        );
    }

    #[test]
    fn points_are_centres_of_cells() {
        let points = [(5.0, 2.5), (15.0, 2.5), (5.0, 7.5), (15.0, 7.5)];
        assert_eq!(grid(2, (10, 20)), points.map(|(x, y)| MaskPrompt::point(x, y)));
    }

    #[test]
    fn a_crop_has_its_pixels() {
        let image = Image::from_pixels((0..12).collect(), 3, 4, 1).unwrap();
        let part = Crop { left: 1, top: 1, right: 3, bottom: 3 }.of(&image).unwrap();
        assert_eq!((part.size(), part.pixels()), ((2, 2), &[5, 6, 9, 10][..]));
    }
}
