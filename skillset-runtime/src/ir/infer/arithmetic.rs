//! Types of element-wise operations and reductions.

use super::{InferError, alike, boolean, broadcast, float, has_axis, typed};
use crate::ir::{Binary, DType, Dim, Fact, Unary};

pub(super) fn unary(unary: Unary, x: &Fact) -> Result<Fact, InferError> {
    match unary {
        Unary::Not => boolean(0, x)?,
        Unary::Neg | Unary::Abs => typed(0, x, "a number", x.dtype != DType::Bool)?,
        _ => float(0, x)?,
    }
    Ok(x.clone())
}

pub(super) fn binary(binary: Binary, [a, b]: [&Fact; 2]) -> Result<Fact, InferError> {
    match binary {
        Binary::And | Binary::Or => boolean(0, a)?,
        _ => typed(0, a, "a number", a.dtype != DType::Bool)?,
    }
    alike(1, b, a)?;
    Ok(Fact::new(a.dtype, broadcast(&a.shape, &b.shape)?))
}

pub(super) fn compare([a, b]: [&Fact; 2]) -> Result<Fact, InferError> {
    alike(1, b, a)?;
    Ok(Fact::new(DType::Bool, broadcast(&a.shape, &b.shape)?))
}

pub(super) fn select([condition, then, otherwise]: [&Fact; 3]) -> Result<Fact, InferError> {
    boolean(0, condition)?;
    typed(2, otherwise, "the type of input 1", then.dtype == otherwise.dtype)?;
    let shape = broadcast(&then.shape, &otherwise.shape)?;
    Ok(Fact::new(then.dtype, broadcast(&condition.shape, &shape)?))
}

pub(super) fn reduce(axes: &[usize], x: &Fact) -> Result<Fact, InferError> {
    let mut shape = x.shape.clone();
    for &axis in axes {
        has_axis(x, axis)?;
        shape[axis] = Dim::from(1);
    }
    Ok(Fact::new(x.dtype, shape))
}

pub(super) fn top_k(count: usize, x: &Fact) -> Result<Fact, InferError> {
    float(0, x)?;
    let Some((size, rows)) = x.shape.split_last() else {
        return Err(InferError::Shape(format!("expected an axis, found {x}")));
    };
    if count == 0 || size.as_size().is_some_and(|size| size < count) {
        return Err(InferError::Shape(format!("cannot choose {count} of {size} elements")));
    }
    Ok(Fact::new(DType::I64, [rows, &[Dim::from(count)]].concat()))
}

pub(super) fn arg_max(axis: usize, x: &Fact) -> Result<Fact, InferError> {
    has_axis(x, axis)?;
    let mut shape = x.shape.clone();
    shape.remove(axis);
    Ok(Fact::new(DType::I64, shape))
}
