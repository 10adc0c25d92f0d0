//! Types of what comes from the checkpoint or the builder.

use super::InferError;
use crate::ir::{DType, Dim, Fact, Literal, Param};

/// A parameter; one without elements is a config's mistake (no labels, a width of 0), which no engine need expect.
pub(super) fn param(param: &Param, float: DType) -> Result<Fact, InferError> {
    if param.shape.contains(&0) {
        let Param { name, shape, .. } = param;
        return Err(InferError::Shape(format!("{name:?} of {shape:?} would have no elements")));
    }
    Ok(Fact::new(float, dims(&param.shape)))
}

pub(super) fn constant(literal: &Literal, float: DType) -> Result<Fact, InferError> {
    let elements = literal.shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
    if elements != Some(literal.data.len()) {
        let message = format!("a literal of {:?} has {} elements", literal.shape, literal.data.len());
        return Err(InferError::Shape(message));
    }
    Ok(Fact::new(literal.dtype(float), dims(&literal.shape)))
}

fn dims(shape: &[usize]) -> Vec<Dim> {
    shape.iter().map(|&size| Dim::from(size)).collect()
}
