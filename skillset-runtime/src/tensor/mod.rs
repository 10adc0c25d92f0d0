//! Tensors on the host: what engines take and give.

mod convert;
pub mod file;

use crate::ir::DType;

/// A dense row-major tensor in host memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: TensorData,
}

/// The elements of a [`Tensor`].
#[derive(Clone, Debug, PartialEq)]
pub enum TensorData {
    /// Floating-point numbers; narrower types are widened where they leave an engine.
    F32(Vec<f32>),
    /// Integers.
    I64(Vec<i64>),
    /// Truth values.
    Bool(Vec<bool>),
}

/// Data whose length is not the product of the sizes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("shape {shape:?} does not hold {found} elements")]
pub struct ShapeError {
    /// The sizes.
    pub shape: Vec<usize>,
    /// The number of elements given.
    pub found: usize,
}

impl Tensor {
    /// A tensor of `data` in row-major order.
    ///
    /// # Errors
    /// If the product of `shape` is not the number of elements.
    pub fn new(shape: impl Into<Vec<usize>>, data: impl Into<TensorData>) -> Result<Self, ShapeError> {
        let (shape, data) = (shape.into(), data.into());
        let elements = shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
        if elements == Some(data.len()) {
            Ok(Self { shape, data })
        } else {
            Err(ShapeError { found: data.len(), shape })
        }
    }

    /// Sizes of the axes; empty for a scalar.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements.
    pub fn data(&self) -> &TensorData {
        &self.data
    }

    /// The elements, taken out.
    pub fn into_data(self) -> TensorData {
        self.data
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        match self.data {
            TensorData::F32(_) => DType::F32,
            TensorData::I64(_) => DType::I64,
            TensorData::Bool(_) => DType::Bool,
        }
    }

    /// The elements, if they are floats.
    pub fn as_f32(&self) -> Option<&[f32]> {
        if let TensorData::F32(values) = &self.data { Some(values) } else { None }
    }

    /// The elements, if they are integers.
    pub fn as_i64(&self) -> Option<&[i64]> {
        if let TensorData::I64(values) = &self.data { Some(values) } else { None }
    }
}

impl TensorData {
    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::Bool(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Vec<f32>> for TensorData {
    fn from(values: Vec<f32>) -> Self {
        Self::F32(values)
    }
}

impl From<Vec<i64>> for TensorData {
    fn from(values: Vec<i64>) -> Self {
        Self::I64(values)
    }
}

impl From<Vec<bool>> for TensorData {
    fn from(values: Vec<bool>) -> Self {
        Self::Bool(values)
    }
}
