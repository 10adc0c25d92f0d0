//! Types of operations on images.

use super::{InferError, alike, float, has_rank, same};
use crate::ir::{DeformableAttention, Dim, Fact, MaxPool};

pub(super) fn max_pool(pool: &MaxPool, x: &Fact) -> Result<Fact, InferError> {
    float(0, x)?;
    has_rank(x, 4)?;
    let mut shape = x.shape[..2].to_vec();
    for axis in 0..2 {
        let (kernel, padding) = (pool.kernel[axis], pool.padding[axis]);
        // A window that lies outside of the image as a whole has no largest element.
        if kernel == 0 || pool.stride[axis] == 0 || 2 * padding > kernel {
            return Err(InferError::Shape(format!(
                "expected a padding of at most half a window, found {pool:?}"
            )));
        }
        let length = x.shape[2 + axis].clone() + Dim::from(2 * padding) - Dim::from(kernel);
        if length.as_constant().is_some_and(|length| length < 0) {
            return Err(InferError::Shape(format!("a window of {:?} is larger than {x}", pool.kernel)));
        }
        shape.push(length.floor_div(pool.stride[axis] as i64) + Dim::from(1));
    }
    Ok(Fact::new(x.dtype, shape))
}

pub(super) fn grid_sample([x, grid]: [&Fact; 2]) -> Result<Fact, InferError> {
    float(0, x)?;
    alike(1, grid, x)?;
    has_rank(x, 4)?;
    has_rank(grid, 4)?;
    same("batch of the grid", &x.shape[0], &grid.shape[0])?;
    same("coordinates of the grid", &grid.shape[3], &Dim::from(2))?;
    let ([batch, channels, ..], [_, rows, columns, _]) = (&x.shape[..], &grid.shape[..]) else {
        unreachable!("rank 4 was checked")
    };
    Ok(Fact::new(x.dtype, [batch, channels, rows, columns].map(Clone::clone)))
}

pub(super) fn deformable_attention(
    attention: &DeformableAttention,
    [value, places, weights]: [&Fact; 3],
) -> Result<Fact, InferError> {
    float(0, value)?;
    has_rank(value, 4)?;
    for (index, fact) in [(1, places), (2, weights)] {
        alike(index, fact, value)?;
        has_rank(fact, 7 - index)?;
        same("batch of places and weights", &value.shape[0], &fact.shape[0])?;
        same("heads of places and weights", &value.shape[2], &fact.shape[2])?;
        same("levels", &attention.levels.len().into(), &fact.shape[3])?;
    }
    for (axis, what) in [(1, "queries"), (4, "points")] {
        same(what, &places.shape[axis], &weights.shape[axis])?;
    }
    same("coordinates of places", &places.shape[5], &Dim::from(2))?;
    let area = |[rows, columns]: &[Dim; 2]| rows.clone() * columns.clone();
    let length = attention.levels.iter().map(area).fold(Dim::from(0), |sum, area| sum + area);
    same("pixels of all levels", &value.shape[1], &length)?;
    let width = value.shape[2].clone() * value.shape[3].clone();
    Ok(Fact::new(value.dtype, [value.shape[0].clone(), places.shape[1].clone(), width]))
}

pub(super) fn batch_norm(inputs: &[&Fact]) -> Result<Fact, InferError> {
    let [x, scales @ ..] = inputs else { return Err(InferError::Arity { expected: "5", found: 0 }) };
    if scales.len() != 4 {
        return Err(InferError::Arity { expected: "5", found: inputs.len() });
    }
    float(0, x)?;
    let Some(channels) = x.shape.get(1) else {
        return Err(InferError::Shape(format!("expected an axis of channels, found {x}")));
    };
    for (index, scale) in scales.iter().enumerate() {
        alike(index + 1, scale, x)?;
        has_rank(scale, 1)?;
        same("channels", channels, &scale.shape[0])?;
    }
    Ok((*x).clone())
}
