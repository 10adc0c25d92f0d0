//! Attention to a few places of feature maps.

use crate::ir::{DeformableAttention, Dim, Scope, Value};

/// A [`GridSample`](crate::ir::Op::GridSample) of each map, and a weighted sum.
pub(super) fn decompose(g: &Scope, attention: &DeformableAttention, inputs: &[Value]) -> Value {
    let &[value, places, weights] = inputs else { unreachable!("the arity was checked") };
    let ([batch, _, heads, width], [_, queries, _, levels, points, _]) =
        (&g.shape(value)[..], &g.shape(places)[..])
    else {
        return value;
    };
    let rows = batch.clone() * heads.clone();
    let grids = g.sub(g.mul(places, 2.0), 1.0);
    let mut start = Dim::from(0);
    let mut samples = vec![];
    for (level, [height, columns]) in attention.levels.iter().enumerate() {
        let end = start.clone() + height.clone() * columns.clone();
        let map = g.transpose(g.slice(value, 1, start, end.clone()), &[0, 2, 3, 1]);
        let map = g.reshape(map, &[rows.clone(), width.clone(), height.clone(), columns.clone()]);
        let grid = g.transpose(g.select(grids, 3, level), &[0, 2, 1, 3, 4]);
        let grid = g.reshape(grid, &[rows.clone(), queries.clone(), points.clone(), 2.into()]);
        samples.push(g.apply_grid_sample(map, grid));
        start = end;
    }
    let Some(samples) = samples.into_iter().reduce(|all, next| g.concat(all, next, 3)) else { return value };
    let weights = g.transpose(weights, &[0, 2, 1, 3, 4]);
    let weights = g.reshape(weights, &[rows, 1.into(), queries.clone(), levels.clone() * points.clone()]);
    let sum = g.sum(g.mul(samples, weights), 3);
    let sum = g.reshape(sum, &[batch.clone(), heads.clone() * width.clone(), queries.clone()]);
    g.transpose(sum, &[0, 2, 1])
}
