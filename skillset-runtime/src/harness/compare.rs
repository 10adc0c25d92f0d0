//! How far a tensor is from the one that was recorded.

use crate::tensor::Tensor;

/// How much an output may differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Of ‖actual − expected‖ / ‖expected‖.
    pub relative: f64,
    /// Of the largest |actual − expected|.
    pub absolute: f64,
}

impl Limits {
    /// What counts as parity in single precision.
    pub const F32: Self = Self { relative: 1e-4, absolute: 1e-3 };
}

/// The distance of two tensors.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Difference {
    /// ‖actual − expected‖ / ‖expected‖
    pub relative: f64,
    /// The largest |actual − expected|.
    pub absolute: f64,
}

impl Difference {
    /// Compares `actual` with `expected`; rows (of the first two axes) where `mask` is 0 are left out.
    ///
    /// # Errors
    /// If shapes or element types differ, or a number is not finite that is not the same as expected.
    pub fn between(actual: &Tensor, expected: &Tensor, mask: Option<&[i64]>) -> Result<Self, String> {
        if actual.shape() != expected.shape() {
            return Err(format!("expected shape {:?}, found {:?}", expected.shape(), actual.shape()));
        }
        let (Some(a), Some(e)) = (actual.as_f32(), expected.as_f32()) else {
            return if actual.data() == expected.data() {
                Ok(Self::default())
            } else {
                Err("values differ".into())
            };
        };
        let row = mask.map_or(e.len(), |mask| e.len() / mask.len().max(1)).max(1);
        let counts = |index: usize| mask.is_none_or(|mask| mask[index / row] != 0);
        let (mut distance, mut norm, mut worst) = (0.0f64, 0.0f64, 0.0f64);
        for (index, (&a, &e)) in a.iter().zip(e).enumerate().filter(|(index, _)| counts(*index)) {
            // An infinity that was recorded has no distance from itself.
            if a == e {
                norm += if e.is_finite() { f64::from(e) * f64::from(e) } else { 0.0 };
                continue;
            }
            if !a.is_finite() {
                return Err(format!("element {index} is {a}, expected {e}"));
            }
            let difference = f64::from(a) - f64::from(e);
            distance += difference * difference;
            norm += f64::from(e) * f64::from(e);
            worst = worst.max(difference.abs());
        }
        let relative = if norm > 0.0 { (distance / norm).sqrt() } else { distance.sqrt() };
        Ok(Self { relative, absolute: worst })
    }

    /// Whether the difference is within `limits`.
    pub fn is_within(self, limits: Limits) -> bool {
        self.relative <= limits.relative && self.absolute <= limits.absolute
    }

    /// The larger of both in each measure.
    pub fn worst(self, other: Self) -> Self {
        Self { relative: self.relative.max(other.relative), absolute: self.absolute.max(other.absolute) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(actual: [f32; 3], expected: [f32; 3]) -> Result<Difference, String> {
        let [actual, expected] = [actual, expected].map(|values| Tensor::new([3], values.to_vec()).unwrap());
        Difference::between(&actual, &expected, None)
    }

    #[test]
    fn infinities_are_expected_exactly() {
        let infinity = f32::INFINITY;
        let expected = [3.0, infinity, 4.0];
        assert_eq!(between(expected, expected), Ok(Difference::default()));
        assert_eq!(between([3.0, infinity, 4.5], expected), Ok(Difference { relative: 0.1, absolute: 0.5 }));
        assert_eq!(between([3.0, -infinity, 4.0], expected).unwrap_err(), "element 1 is -inf, expected inf");
        let is_far = between([3.0, 1e30, 4.0], expected).unwrap();
        assert!(!is_far.is_within(Limits::F32));
        assert!(between([3.0, f32::NAN, 4.0], [3.0, f32::NAN, 4.0]).is_err());
    }
}
