//! Means and variances in single precision as numpy computes them, to the last bit.
//!
//! Features of small variance would show another order of additions.

/// numpy adds up to so many numbers in one go, and halves what is longer.
const BLOCK: usize = 128;

/// The mean of numbers that lie one after the other.
pub(super) fn mean(values: &[f32]) -> f32 {
    sum(values) / values.len() as f32
}

/// The variance around their `mean`; `freedom` is what `ddof` is in numpy.
pub(super) fn variance(values: &[f32], mean: f32, freedom: usize) -> f32 {
    let squares: Vec<f32> = values.iter().map(|value| (value - mean) * (value - mean)).collect();
    sum(&squares) / (values.len() - freedom) as f32
}

/// numpy's pairwise sum.
fn sum(values: &[f32]) -> f32 {
    if values.len() > BLOCK {
        let half = values.len() / 2;
        let (left, right) = values.split_at(half - half % 8);
        return sum(left) + sum(right);
    }
    let (eights, rest) = values.as_chunks::<8>();
    let Some((first, others)) = eights.split_first() else { return rest.iter().sum() };
    let mut lanes = *first;
    for eight in others {
        lanes.iter_mut().zip(eight).for_each(|(lane, value)| *lane += value);
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, value| sum + value)
}
