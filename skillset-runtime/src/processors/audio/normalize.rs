//! Zero mean and unit variance.

use super::sum::{mean, variance};

/// What is added to a variance before it divides.
const EPSILON: f32 = 1e-7;

/// `zero_mean_unit_var_norm` of transformers' feature extractors: the mean and the variance are those of the first
/// `count` samples.
pub(super) fn normalize(samples: &mut [f32], count: usize) {
    scale(samples, count, 0);
}

/// The same of all values, with the variance of a sample.
pub(super) fn normalize_sample(values: &mut [f32]) {
    scale(values, values.len(), 1);
}

fn scale(values: &mut [f32], count: usize, freedom: usize) {
    let mean = mean(&values[..count]);
    let deviation = (variance(&values[..count], mean, freedom) + EPSILON).sqrt();
    values.iter_mut().for_each(|value| *value = (*value - mean) / deviation);
}
