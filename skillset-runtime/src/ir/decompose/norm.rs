//! Normalisations of the last axis.

use crate::ir::{Norm, Reduce, Scope, Unary, Value};

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

/// x / √(mean(x²) + eps)
fn over_root_mean_square(g: &Scope, x: Value, eps: f64) -> Value {
    let square = g.mul(x, x);
    let mean = g.add(last_mean(g, square), eps);
    g.div(x, g.unary(Unary::Sqrt, mean))
}

fn last_mean(g: &Scope, x: Value) -> Value {
    g.unsqueeze(g.reduce(Reduce::Mean, x, -1), -1)
}
