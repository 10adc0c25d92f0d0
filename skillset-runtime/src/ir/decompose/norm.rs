//! Normalisations.

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
    let scales = [std::slice::from_ref(channels), &vec![Dim::from(1); positions.len()][..]].concat();
    let [weight, bias] = [inputs[1], inputs[2]].map(|scale| g.reshape(scale, &scales));
    g.add(g.mul(normal, weight), bias)
}

/// The statistics are known before the run, and so is the line that they make of a channel.
pub(super) fn batch_norm(g: &Scope, norm: &Norm, inputs: &[Value]) -> Value {
    let &[x, weight, bias, mean, variance] = inputs else { return inputs[0] };
    let scale = g.div(weight, g.unary(Unary::Sqrt, g.add(variance, norm.eps)));
    let shift = g.sub(bias, g.mul(mean, scale));
    let positions = g.shape(x).len().saturating_sub(2);
    let channels =
        |scale: Value| g.reshape(scale, &[&[g.dim(scale, 0)], &vec![Dim::from(1); positions][..]].concat());
    g.add(g.mul(x, channels(scale)), channels(shift))
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
