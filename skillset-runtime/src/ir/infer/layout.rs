//! Types of operations that move elements.

use super::{InferError, alike, has_axis, has_rank, integer, same};
use crate::ir::{Dim, Fact};

pub(super) fn reshape(shape: &[Dim], x: &Fact) -> Result<Fact, InferError> {
    let elements = |shape: &[Dim]| shape.iter().cloned().fold(Dim::from(1), |a, b| a * b);
    let result = Fact::new(x.dtype, shape);
    if elements(shape) == elements(&x.shape) {
        Ok(result)
    } else {
        Err(InferError::Shape(format!("{x} has other elements than {result}")))
    }
}

pub(super) fn transpose(order: &[usize], x: &Fact) -> Result<Fact, InferError> {
    has_rank(x, order.len())?;
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    if sorted.iter().copied().ne(0..x.rank()) {
        return Err(InferError::Shape(format!("{order:?} is no order of the axes of {x}")));
    }
    Ok(Fact::new(x.dtype, order.iter().map(|&axis| x.shape[axis].clone()).collect::<Vec<_>>()))
}

pub(super) fn expand(shape: &[Dim], x: &Fact) -> Result<Fact, InferError> {
    let result = Fact::new(x.dtype, shape);
    if super::broadcast(&x.shape, shape)? == shape {
        Ok(result)
    } else {
        Err(InferError::Shape(format!("{x} does not expand to {result}")))
    }
}

pub(super) fn concat(axis: usize, inputs: &[&Fact]) -> Result<Fact, InferError> {
    let Some((first, rest)) = inputs.split_first() else {
        return Err(InferError::Arity { expected: "1 or more", found: 0 });
    };
    has_axis(first, axis)?;
    let mut joined = (*first).clone();
    for (index, x) in rest.iter().enumerate() {
        alike(index + 1, x, first)?;
        has_rank(x, first.rank())?;
        for (other, (a, b)) in first.shape.iter().zip(&x.shape).enumerate() {
            if other != axis {
                same(&format!("axis {other}"), a, b)?;
            }
        }
        joined.shape[axis] = joined.shape[axis].clone() + x.shape[axis].clone();
    }
    Ok(joined)
}

pub(super) fn slice(axis: usize, start: &Dim, end: &Dim, x: &Fact) -> Result<Fact, InferError> {
    has_axis(x, axis)?;
    let size = &x.shape[axis];
    let length = end.clone() - start.clone();
    let outside = |dim: Dim| dim.as_constant().is_some_and(|value| value < 0);
    if outside(start.clone()) || outside(length.clone()) || outside(size.clone() - end.clone()) {
        return Err(InferError::Shape(format!("{start}..{end} is no range of axis {axis} of {x}")));
    }
    let mut result = x.clone();
    result.shape[axis] = length;
    Ok(result)
}

pub(super) fn gather(axis: usize, [data, indices]: [&Fact; 2]) -> Result<Fact, InferError> {
    has_axis(data, axis)?;
    integer(1, indices)?;
    let shape = [&data.shape[..axis], &indices.shape, &data.shape[axis + 1..]].concat();
    Ok(Fact::new(data.dtype, shape))
}

pub(super) fn gather_elements(axis: usize, [data, indices]: [&Fact; 2]) -> Result<Fact, InferError> {
    has_axis(data, axis)?;
    integer(1, indices)?;
    has_rank(indices, data.rank())?;
    for (other, (a, b)) in data.shape.iter().zip(&indices.shape).enumerate() {
        if other != axis {
            same(&format!("axis {other}"), a, b)?;
        }
    }
    Ok(Fact::new(data.dtype, indices.shape.clone()))
}
