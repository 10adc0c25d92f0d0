//! Entries of images, chosen by row and column.

use crate::ir::{Compare, Dim, Literal, Scope, Value};

/// The entries of `image`, `[batch, height, width, channels]`, at `rows` and `columns`, which are `i64` from 0 on and
/// broadcast to one shape: `[batch, …, channels]`. Below and right of the image there are zeros, if it is `open`.
pub(super) fn pick(g: &Scope, image: Value, [rows, columns]: [Value; 2], open: bool) -> Value {
    let [batch, height, width, channels] = &g.shape(image)[..] else {
        g.fail("expected an image of [batch, height, width, channels]");
        return image;
    };
    let count = height.clone() * width.clone();
    let mut flat = g.reshape(image, &[batch.clone(), count.clone(), channels.clone()]);
    let mut at = g.add(g.mul(rows, g.size(width)), columns);
    if open {
        let zeros = g.expand(g.constant(Literal::scalar(0.0)), &[batch.clone(), 1.into(), channels.clone()]);
        flat = g.concat(flat, zeros, 1);
        let below = g.compare(Compare::Less, rows, g.size(height));
        let right = g.compare(Compare::Less, columns, g.size(width));
        at = g.where_(g.and(below, right), at, g.size(count));
    }
    g.gather(flat, 1, at)
}

/// `0, 1, …` in steps of `step`, as one axis of `axes`: `i64` of ones but for `length` at `axis`.
pub(super) fn along(g: &Scope, axis: usize, axes: usize, length: &Dim, step: usize) -> Value {
    let mut shape = vec![Dim::from(1); axes];
    shape[axis] = length.clone();
    let steps = g.iota(0, length);
    g.reshape(if step == 1 { steps } else { g.mul(steps, step) }, &shape)
}
