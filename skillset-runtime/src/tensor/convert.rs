//! Other element types, more rows.

use super::{Tensor, TensorData};
use crate::ir::DType;

impl Tensor {
    /// The tensor with elements of `dtype`; `None` if that would change a value.
    ///
    /// On the host every float is an `f32`, so all float types mean that one.
    pub fn convert(&self, dtype: DType) -> Option<Self> {
        let data = match dtype {
            DType::I64 => TensorData::I64(self.integers()?),
            DType::Bool => {
                TensorData::Bool(self.integers()?.into_iter().map(as_bool).collect::<Option<_>>()?)
            }
            DType::F32 | DType::F16 | DType::BF16 => TensorData::F32(self.floats()?),
        };
        Some(Self { shape: self.shape.clone(), data })
    }

    fn integers(&self) -> Option<Vec<i64>> {
        match &self.data {
            TensorData::F32(values) => values.iter().map(|&value| as_integer(value)).collect(),
            TensorData::I64(values) => Some(values.clone()),
            TensorData::Bool(values) => Some(values.iter().map(|&value| i64::from(value)).collect()),
        }
    }

    fn floats(&self) -> Option<Vec<f32>> {
        match &self.data {
            TensorData::F32(values) => Some(values.clone()),
            TensorData::I64(values) => values.iter().map(|&value| as_float(value)).collect(),
            TensorData::Bool(values) => Some(values.iter().map(|&value| f32::from(value)).collect()),
        }
    }

    /// A tensor of which row `i` of the first axis is row `rows[i]` of this one.
    ///
    /// # Panics
    /// If there is no such row.
    pub(crate) fn take_rows(&self, rows: &[usize]) -> Self {
        fn take<T: Copy>(values: &[T], width: usize, rows: &[usize]) -> Vec<T> {
            rows.iter().flat_map(|row| &values[row * width..][..width]).copied().collect()
        }
        let width = self.shape.iter().skip(1).product();
        let data = match &self.data {
            TensorData::F32(values) => TensorData::F32(take(values, width, rows)),
            TensorData::I64(values) => TensorData::I64(take(values, width, rows)),
            TensorData::Bool(values) => TensorData::Bool(take(values, width, rows)),
        };
        let shape = std::iter::once(rows.len()).chain(self.shape.iter().skip(1).copied()).collect();
        Self { shape, data }
    }

    /// The rows of `parts`, one after the other; `None` if there are no parts, or some differ in more than the number of
    /// their rows.
    pub(crate) fn stack_rows(parts: &[&Self]) -> Option<Self> {
        let first = parts.first()?;
        let mut stacked = (*first).clone();
        for part in &parts[1..] {
            if part.shape.len() != first.shape.len() || part.shape.get(1..)? != first.shape.get(1..)? {
                return None;
            }
            match (&mut stacked.data, &part.data) {
                (TensorData::F32(all), TensorData::F32(more)) => all.extend_from_slice(more),
                (TensorData::I64(all), TensorData::I64(more)) => all.extend_from_slice(more),
                (TensorData::Bool(all), TensorData::Bool(more)) => all.extend_from_slice(more),
                _ => return None,
            }
            stacked.shape[0] += part.shape[0];
        }
        Some(stacked)
    }
}

/// Integers up to here are exact as `f32`.
const EXACT: i64 = 1 << f32::MANTISSA_DIGITS;

fn as_integer(value: f32) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() <= EXACT as f32).then_some(value as i64)
}

fn as_float(value: i64) -> Option<f32> {
    (-EXACT..=EXACT).contains(&value).then_some(value as f32)
}

fn as_bool(value: i64) -> Option<bool> {
    match value {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_or_refused() {
        let floats = Tensor::new([3], vec![0.0f32, 1.0, -2.0]).unwrap();
        assert_eq!(floats.convert(DType::I64).unwrap().as_i64().unwrap(), [0, 1, -2]);
        assert_eq!(floats.convert(DType::Bool), None);
        assert_eq!(Tensor::new([1], vec![0.5f32]).unwrap().convert(DType::I64), None);
        assert_eq!(Tensor::new([1], vec![f32::NAN]).unwrap().convert(DType::I64), None);
        assert_eq!(Tensor::new([1], vec![(1i64 << 24) + 1]).unwrap().convert(DType::F32), None);
        let mask = Tensor::new([2], vec![true, false]).unwrap();
        assert_eq!(mask.convert(DType::F32).unwrap().as_f32().unwrap(), [1.0, 0.0]);
    }
}
