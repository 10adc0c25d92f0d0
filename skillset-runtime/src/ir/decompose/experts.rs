//! `Σ weight · down(activation(gate(x)) · up(x))` over the chosen experts, by computing all of them.
//!
//! Primitives have no way to choose the weights of a product row by row but to copy them, so every expert sees every
//! row, and those that were not chosen count with a weight of 0. That is `experts / chosen` times the arithmetic, and
//! `experts · hidden · rows` floats in between; the number of nodes does not depend on either.

use crate::ir::{Compare, Dim, Experts, Scope, Value};

pub(super) fn decompose(g: &Scope, experts: &Experts, inputs: &[Value]) -> Value {
    let &[x, indices, weights, gate, up, down] = inputs else { unreachable!("experts have six inputs") };
    let (shape, sizes) = (g.shape(x), g.shape(gate));
    let ([rows @ .., width], [count, hidden, _]) = (&shape[..], &sizes[..]) else { return x };
    let rows = rows.iter().cloned().fold(Dim::from(1), |a, b| a * b);

    // Rows lie along the last axis, so that no weight has to be transposed.
    let columns = g.transpose(g.reshape(x, &[rows.clone(), width.clone()]), &[1, 0]);
    let of_all = |weight| {
        let matrix = g.reshape(weight, &[count.clone() * hidden.clone(), width.clone()]);
        g.reshape(g.matmul(matrix, columns), &[count.clone(), hidden.clone(), rows.clone()])
    };
    let inner = g.mul(g.activation(of_all(gate), experts.activation), of_all(up));
    let shares = shares(g, [indices, weights], &rows, count);
    let results = g.matmul(down, g.mul(inner, shares));
    g.reshape(g.transpose(g.sum(results, 0), &[1, 0]), &shape)
}

/// What each expert's result counts for each row, `[experts, 1, rows]`.
fn shares(g: &Scope, [indices, weights]: [Value; 2], rows: &Dim, count: &Dim) -> Value {
    let chosen = g.dim(indices, -1);
    let per_choice = |x| g.reshape(x, &[rows.clone(), chosen.clone(), Dim::from(1)]);
    let is_chosen = g.compare(Compare::Equal, per_choice(indices), g.iota(0, count.clone()));
    let shares = g.sum(g.mul(g.to_float(is_chosen), per_choice(weights)), 1);
    g.reshape(g.transpose(shares, &[1, 0]), &[count.clone(), Dim::from(1), rows.clone()])
}
