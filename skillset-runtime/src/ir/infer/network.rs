//! Types of products and composites.

use super::{InferError, alike, boolean, broadcast, float, has_rank, integer, same};
use crate::ir::{Attention, Dim, Fact, GroupNorm, Linear};

pub(super) fn matmul([a, b]: [&Fact; 2]) -> Result<Fact, InferError> {
    float(0, a)?;
    alike(1, b, a)?;
    let ([batch_a @ .., m, k], [batch_b @ .., k_b, n]) = (&a.shape[..], &b.shape[..]) else {
        return Err(InferError::Shape(format!("expected two or more axes, found {a} and {b}")));
    };
    same("the inner axis", k, k_b)?;
    let mut shape = broadcast(batch_a, batch_b)?;
    shape.extend([m.clone(), n.clone()]);
    Ok(Fact::new(a.dtype, shape))
}

pub(super) fn linear(linear: &Linear, inputs: &[&Fact]) -> Result<Fact, InferError> {
    let (x, weight, bias) = with_optional(inputs)?;
    float(0, x)?;
    alike(1, weight, x)?;
    has_rank(weight, 2)?;
    let (out, width) = if linear.transposed { (1, 0) } else { (0, 1) };
    let Some((last, leading)) = x.shape.split_last() else {
        return Err(InferError::Shape(format!("expected an axis, found {x}")));
    };
    same("input width", last, &weight.shape[width])?;
    if let Some(bias) = bias {
        alike(2, bias, x)?;
        has_rank(bias, 1)?;
        same("bias size", &bias.shape[0], &weight.shape[out])?;
    }
    Ok(Fact::new(x.dtype, [leading, &[weight.shape[out].clone()]].concat()))
}

pub(super) fn norm(inputs: &[&Fact], most: usize) -> Result<Fact, InferError> {
    let Some((x, scales)) = inputs.split_first().filter(|_| inputs.len() <= most) else {
        return Err(InferError::Arity { expected: "1 to 3", found: inputs.len() });
    };
    float(0, x)?;
    let Some(width) = x.shape.last() else {
        return Err(InferError::Shape(format!("expected an axis, found {x}")));
    };
    for (index, scale) in scales.iter().enumerate() {
        alike(index + 1, scale, x)?;
        has_rank(scale, 1)?;
        same("normalised width", width, &scale.shape[0])?;
    }
    Ok((*x).clone())
}

pub(super) fn group_norm(norm: &GroupNorm, [x, weight, bias]: [&Fact; 3]) -> Result<Fact, InferError> {
    float(0, x)?;
    let [_, channels, _, ..] = &x.shape[..] else {
        return Err(InferError::Shape(format!("expected channels and positions, found {x}")));
    };
    for (index, scale) in [weight, bias].into_iter().enumerate() {
        alike(index + 1, scale, x)?;
        has_rank(scale, 1)?;
        same("channels", channels, &scale.shape[0])?;
    }
    match channels.as_size() {
        Some(size) if norm.groups > 0 && size.is_multiple_of(norm.groups) => Ok(x.clone()),
        _ => {
            Err(InferError::Shape(format!("{channels} channels cannot be split into {} groups", norm.groups)))
        }
    }
}

pub(super) fn attention(attention: &Attention, inputs: &[&Fact]) -> Result<Fact, InferError> {
    let expected = 3 + usize::from(attention.bias) + usize::from(attention.key_mask);
    if inputs.len() != expected {
        return Err(InferError::Arity { expected: "3 and those that the flags name", found: inputs.len() });
    }
    let (q, k, v) = (inputs[0], inputs[1], inputs[2]);
    float(0, q)?;
    for (index, x) in [q, k, v].into_iter().enumerate() {
        alike(index, x, q)?;
        has_rank(x, 4)?;
        same("batch", &q.shape[0], &x.shape[0])?;
    }
    same("key and value heads", &k.shape[1], &v.shape[1])?;
    same("key and value length", &k.shape[2], &v.shape[2])?;
    same("query and key width", &q.shape[3], &k.shape[3])?;
    match (q.shape[1].as_size(), k.shape[1].as_size()) {
        (Some(heads), Some(kv)) if kv > 0 && heads % kv == 0 => {}
        _ => {
            return Err(InferError::Shape(format!(
                "{} key heads do not divide {} heads",
                k.shape[1], q.shape[1]
            )));
        }
    }
    let mut optional = inputs[3..].iter();
    if attention.bias
        && let Some(bias) = optional.next()
    {
        alike(3, bias, q)?;
        let scores = [q.shape[0].clone(), q.shape[1].clone(), q.shape[2].clone(), k.shape[2].clone()];
        if broadcast(&bias.shape, &scores)? != scores {
            return Err(InferError::Shape(format!("bias {bias} is larger than the scores")));
        }
    }
    if attention.key_mask
        && let Some(mask) = optional.next()
    {
        boolean(inputs.len() - 1, mask)?;
        has_rank(mask, 2)?;
        same("batch of the key mask", &mask.shape[0], &q.shape[0])?;
        same("length of the key mask", &mask.shape[1], &k.shape[2])?;
    }
    let [batch, heads, length, _] = &q.shape[..] else { unreachable!("rank 4 was checked") };
    Ok(Fact::new(q.dtype, [batch.clone(), heads.clone(), length.clone(), v.shape[3].clone()]))
}

pub(super) fn rotary([x, cos, sin]: [&Fact; 3]) -> Result<Fact, InferError> {
    float(0, x)?;
    alike(1, cos, x)?;
    has_rank(x, 4)?;
    has_rank(cos, 3)?;
    if cos != sin {
        return Err(InferError::Shape(format!("cos {cos} and sin {sin} differ")));
    }
    if cos.shape[0] != Dim::from(1) {
        same("batch of the rotation", &x.shape[0], &cos.shape[0])?;
    }
    same("length of the rotation", &x.shape[2], &cos.shape[1])?;
    match (cos.shape[2].as_size(), x.shape[3].as_size()) {
        (Some(half), Some(width)) if 2 * half <= width => Ok(x.clone()),
        _ => Err(InferError::Shape(format!("a rotation of {cos} is wider than {x}"))),
    }
}

pub(super) fn experts(inputs: &[&Fact]) -> Result<Fact, InferError> {
    let &[x, indices, weights, gate, up, down] = inputs else {
        return Err(InferError::Arity { expected: "6", found: inputs.len() });
    };
    float(0, x)?;
    integer(1, indices)?;
    for (index, other) in [(2, weights), (3, gate), (4, up), (5, down)] {
        alike(index, other, x)?;
    }
    let Some((width, rows)) = x.shape.split_last() else {
        return Err(InferError::Shape(format!("expected an axis, found {x}")));
    };
    if indices.shape != weights.shape || indices.rank() != x.rank() || !indices.shape.starts_with(rows) {
        return Err(InferError::Shape(format!("{x} is routed by {indices} and {weights}")));
    }
    has_rank(gate, 3)?;
    let [experts, hidden, _] = &gate.shape[..] else { unreachable!("rank 3 was checked") };
    let expected = |sizes: [&Dim; 3]| sizes.map(Clone::clone);
    if gate.shape != expected([experts, hidden, width])
        || up.shape != gate.shape
        || down.shape != expected([experts, width, hidden])
    {
        return Err(InferError::Shape(format!("experts of {gate}, {up} and {down} on {x}")));
    }
    Ok(x.clone())
}

pub(super) fn cache_append([past, new]: [&Fact; 2]) -> Result<Fact, InferError> {
    has_rank(past, 4)?;
    super::layout::concat(2, &[past, new])
}

pub(super) type WithOptional<'a> = (&'a Fact, &'a Fact, Option<&'a Fact>);

pub(super) fn with_optional<'a>(inputs: &[&'a Fact]) -> Result<WithOptional<'a>, InferError> {
    match inputs {
        [x, weight] => Ok((x, weight, None)),
        [x, weight, bias] => Ok((x, weight, Some(bias))),
        _ => Err(InferError::Arity { expected: "2 or 3", found: inputs.len() }),
    }
}
