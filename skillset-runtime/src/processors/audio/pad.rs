//! Recordings of different lengths in one tensor: `pad` of transformers' `SequenceFeatureExtractor`.

use crate::processors::text::Side;

/// Where padding goes, and what it is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Padding {
    pub side: Side,
    pub value: f32,
}

impl Padding {
    /// `values` filled up to `length`.
    pub fn fill(&self, values: &[f32], length: usize) -> Vec<f32> {
        self.extend(values, length, self.value)
    }

    /// The mask of a sequence of `count` that is filled up to `length`: 1 where it is, 0 where padding is.
    pub fn mask(&self, count: usize, length: usize) -> Vec<i64> {
        self.extend(&vec![1; count], length, 0)
    }

    fn extend<T: Copy>(&self, values: &[T], length: usize, padding: T) -> Vec<T> {
        let padding = std::iter::repeat_n(padding, length.saturating_sub(values.len()));
        let values = values.iter().copied();
        match self.side {
            Side::Right => values.chain(padding).collect(),
            Side::Left => padding.chain(values).collect(),
        }
    }
}
