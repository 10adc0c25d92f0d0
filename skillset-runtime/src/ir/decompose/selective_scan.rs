//! A recurrence over positions, written as what each position gets of every one before it.

use crate::ir::{Compare, Dim, Scope, Unary, Value};

/// The dual form of Mamba 2 (arXiv:2405.21060, section 6), with all positions in one block:
/// `y = (output · inputᵀ ∘ decays) · (step · x)`.
///
/// It takes memory for every pair of positions, and for every number of a state too where those decay by themselves.
pub(super) fn decompose(g: &Scope, inputs: &[Value]) -> Value {
    let &[x, step, decay, input, output, ref state @ ..] = inputs else { return inputs[0] };
    let shape = g.shape(x);
    let [batch, length, heads, width] = &shape[..] else { return x };
    let size = g.dim(input, 3);
    let total = total_decay(g, step, decay);

    // [batch, heads, s, width], [batch, heads, s, n]
    let values = g.transpose(g.mul(x, g.unsqueeze(step, 3)), &[0, 2, 1, 3]);
    let (input, output) = (per_head(g, input, heads), per_head(g, output, heads));

    let scores = scores(g, total, input, output);
    let mut y = g.matmul(scores, values);
    let [state] = state else { return g.transpose(y, &[0, 1, 3, 2]) };
    let before = g.matmul(g.mul(output, g.unary(Unary::Exp, total)), g.transpose(*state, &[0, 1, 3, 2]));
    y = g.add(y, before);

    let last = g.slice(total, 2, length.clone() - Dim::from(1), length.clone());
    let left = g.mul(input, g.unary(Unary::Exp, g.sub(last, total)));
    let added = g.matmul(g.transpose(values, &[0, 1, 3, 2]), left);
    let kept = g.mul(*state, g.unary(Unary::Exp, last));
    let next = g.reshape(g.add(kept, added), &[batch.clone(), heads.clone(), width.clone(), size]);
    g.concat(g.transpose(y, &[0, 1, 3, 2]), next, 3)
}

/// The sum of `step · decay` up to each position, `[batch, heads, s, n]`; of size 1 on the last axis where all of a
/// head's state decays alike.
fn total_decay(g: &Scope, step: Value, decay: Value) -> Value {
    let decay = if g.shape(decay).len() == 1 { g.unsqueeze(decay, 1) } else { decay };
    let rate = g.mul(g.unsqueeze(step, 3), decay);
    g.transpose(g.cumsum(rate, 1), &[0, 2, 1, 3])
}

/// `[batch, s, groups, n]` as `[batch, heads, s, n]`, a group for each head.
fn per_head(g: &Scope, x: Value, heads: &Dim) -> Value {
    let shape = g.shape(x);
    let [batch, length, groups, size] = &shape[..] else { return x };
    let x = g.transpose(x, &[0, 2, 1, 3]);
    let Some(each) = heads.exact_div(groups).filter(|_| heads != groups) else { return x };
    let copies = g.expand(g.unsqueeze(x, 2), &[batch, groups, &each, length, size].map(Clone::clone));
    g.reshape(copies, &[batch, heads, length, size].map(Clone::clone))
}

/// What each position gets of every other one, `[batch, heads, s, s]`: nothing of later ones.
fn scores(g: &Scope, total: Value, input: Value, output: Value) -> Value {
    let length = g.dim(total, 2);
    let positions = g.iota(0, length);
    let seen = g.compare(Compare::LessOrEqual, positions, g.unsqueeze(positions, 1));
    if g.dim(total, 3) == Dim::from(1) {
        // [batch, heads, s, 1] − [batch, heads, 1, s]
        let since = g.sub(total, g.transpose(total, &[0, 1, 3, 2]));
        let decays = g.unary(Unary::Exp, g.where_(seen, since, f64::from(f32::MIN)));
        return g.mul(g.matmul(output, g.transpose(input, &[0, 1, 3, 2])), decays);
    }
    // [batch, heads, s, 1, n] − [batch, heads, 1, s, n]
    let since = g.sub(g.unsqueeze(total, 3), g.unsqueeze(total, 2));
    let decays = g.unary(Unary::Exp, g.where_(g.unsqueeze(seen, 2), since, f64::from(f32::MIN)));
    let products = g.mul(g.unsqueeze(output, 3), g.unsqueeze(input, 2));
    g.sum(g.mul(products, decays), 4)
}
