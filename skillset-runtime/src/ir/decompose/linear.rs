//! `activation(x · weightᵀ + bias)`

use crate::ir::{Linear, Scope, Value};

pub(super) fn decompose(g: &Scope, linear: &Linear, inputs: &[Value]) -> Value {
    let weight = if linear.transposed { inputs[1] } else { g.transpose(inputs[1], &[1, 0]) };
    let product = g.matmul(inputs[0], weight);
    let sum = inputs.get(2).map_or(product, |&bias| g.add(product, bias));
    linear.activation.map_or(sum, |activation| g.activation(sum, activation))
}
