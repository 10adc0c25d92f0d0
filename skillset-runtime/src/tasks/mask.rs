//! Which pixels of an image.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// Which pixels of an image are part of a segment.
///
/// In JSON it is `{"size": [height, width], "counts": […]}`: the lengths of runs of pixels, row by row, that are not part of
/// the segment and that are, in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    width: usize,
    pixels: Vec<bool>,
}

impl Mask {
    /// The mask of pixels row by row.
    pub(super) fn new(width: usize, pixels: Vec<bool>) -> Self {
        Self { width, pixels }
    }

    /// `(height, width)` of the image.
    pub fn size(&self) -> (usize, usize) {
        (self.pixels.len() / self.width.max(1), self.width)
    }

    /// Whether each pixel is part of the segment, row by row.
    pub fn pixels(&self) -> &[bool] {
        &self.pixels
    }

    /// Lengths of runs, row by row, the first one of pixels that are not part of the segment.
    pub(super) fn counts(&self) -> Vec<usize> {
        counts(&self.pixels)
    }

    /// Lengths of runs column by column, the first one of pixels that are not part of the segment: COCO's uncompressed
    /// run-length encoding (transformers' `_mask_to_rle`).
    pub fn counts_by_column(&self) -> Vec<usize> {
        let columns = (0..self.width).flat_map(|column| self.pixels.iter().skip(column).step_by(self.width));
        counts(&columns.copied().collect::<Vec<_>>())
    }
}

fn counts(mut rest: &[bool]) -> Vec<usize> {
    let mut counts = vec![];
    let mut inside = false;
    while !rest.is_empty() {
        let length = rest.iter().position(|&pixel| pixel != inside).unwrap_or(rest.len());
        counts.push(length);
        rest = &rest[length..];
        inside = !inside;
    }
    counts
}

impl Serialize for Mask {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut mask = serializer.serialize_struct("Mask", 2)?;
        mask.serialize_field("size", &self.size())?;
        mask.serialize_field("counts", &self.counts())?;
        mask.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_begin_outside() {
        let mask = Mask::new(3, vec![true, true, false, false, true, false]);
        assert_eq!(mask.size(), (2, 3));
        assert_eq!(
            serde_json::to_value(&mask).unwrap(),
            serde_json::json!({"size": [2, 3], "counts": [0, 2, 2, 1, 1]})
        );
        assert_eq!(mask.counts_by_column(), [0, 1, 1, 2, 2]);
        assert_eq!(Mask::new(2, vec![false; 4]).counts(), [4]);
        assert_eq!(Mask::new(0, vec![]).counts_by_column(), [0; 0]);
    }
}
