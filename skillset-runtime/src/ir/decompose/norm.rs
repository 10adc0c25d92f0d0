//! Normalisations of the last axis, and of groups of channels.

use crate::ir::{Dim, GroupNorm, Norm, Reduce, Scope, Unary, Value};

pub(super) fn layer_norm(g: &Scope, norm: &Norm, inputs: &[Value]) -> Value {
    let x = inputs[0];
    let mean = last_mean(g, x);
    let centred = g.sub(x, mean);
    let normal = over_root_mean_square(g, centred, norm.eps);
    let scaled = inputs.get(1).map_or(normal, |&weight| g.mul(normal, weight));
    inputs.get(2).map_or(scaled, |&bias| g.add(scaled, bias))
}

pub(super) fn rms_norm(g: &Scope, norm: &Norm, inputs: &[Value]) -> Value {
    let normal = over_root_mean_square(g, inputs[0], norm.eps);
    inputs.get(1).map_or(normal, |&weight| g.mul(normal, weight))
}

/// All that is normalised together becomes one axis.
pub(super) fn group_norm(g: &Scope, norm: &GroupNorm, inputs: &[Value]) -> Value {
    let shape = g.shape(inputs[0]);
    let [batch, channels, positions @ ..] = &shape[..] else { return inputs[0] };
    let each = channels.clone() / norm.groups;
    let size = positions.iter().fold(each, |size, dim| size * dim.clone());
    let grouped = g.reshape(inputs[0], &[batch.clone(), norm.groups.into(), size]);
    let centred = g.sub(grouped, last_mean(g, grouped));
    let normal = g.reshape(over_root_mean_square(g, centred, norm.eps), &shape);
    let scales = [&[channels.clone()], &vec![Dim::from(1); positions.len()][..]].concat();
    let [weight, bias] = [inputs[1], inputs[2]].map(|scale| g.reshape(scale, &scales));
    g.add(g.mul(normal, weight), bias)
}

/// x / √(mean(x²) + eps)
fn over_root_mean_square(g: &Scope, x: Value, eps: f64) -> Value {
    let square = g.mul(x, x);
    let mean = g.add(last_mean(g, square), eps);
    g.div(x, g.unary(Unary::Sqrt, mean))
}

fn last_mean(g: &Scope, x: Value) -> Value {
    g.unsqueeze(g.reduce(Reduce::Mean, x, -1), -1)
}
