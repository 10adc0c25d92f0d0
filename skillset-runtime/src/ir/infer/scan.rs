//! The type of a selective scan.

use super::{InferError, alike, float, has_rank, same};
use crate::ir::Fact;

pub(super) fn selective_scan(inputs: &[&Fact]) -> Result<Fact, InferError> {
    let Some((&[x, step, decay, input, output], state)) =
        inputs.split_first_chunk().filter(|(_, state)| state.len() <= 1)
    else {
        return Err(InferError::Arity { expected: "5 or 6", found: inputs.len() });
    };
    float(0, x)?;
    for (index, fact) in inputs.iter().enumerate() {
        alike(index, fact, x)?;
    }
    has_rank(x, 4)?;
    has_rank(step, 3)?;
    has_rank(input, 4)?;
    if input != output {
        return Err(InferError::Shape(format!("input map {input} and output map {output} differ")));
    }
    let [batch, length, heads, width] = &x.shape[..] else { unreachable!("rank 4 was checked") };
    let [map_batch, map_length, groups, size] = &input.shape[..] else { unreachable!("rank 4 was checked") };
    for (axis, size) in [batch, length, heads].into_iter().enumerate() {
        same("size of the steps", size, &step.shape[axis])?;
    }
    same("batch of the maps", batch, map_batch)?;
    same("length of the maps", length, map_length)?;
    match (heads.as_size(), groups.as_size()) {
        (Some(heads), Some(groups)) if groups > 0 && heads % groups == 0 => {}
        _ => return Err(InferError::Shape(format!("{groups} groups do not divide {heads} heads"))),
    }
    match &decay.shape[..] {
        [decays] => same("heads of the decay", heads, decays)?,
        [decays, sizes] => {
            same("heads of the decay", heads, decays)?;
            same("state size of the decay", size, sizes)?;
        }
        _ => return Err(InferError::Shape(format!("expected a decay of 1 or 2 axes, found {decay}"))),
    }
    let mut positions = length.clone();
    if let [state] = state {
        let expected = Fact::new(x.dtype, [batch, heads, width, size].map(Clone::clone));
        if **state != expected {
            return Err(InferError::Shape(format!("expected a state of {expected}, found {state}")));
        }
        positions = positions + size.clone();
    }
    Ok(Fact::new(x.dtype, [batch.clone(), heads.clone(), width.clone(), positions]))
}
