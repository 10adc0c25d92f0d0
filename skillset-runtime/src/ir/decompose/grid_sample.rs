//! Bilinear samples of an image.

use crate::ir::{Compare, DType, Dim, Scope, Unary, Value};

pub(super) fn decompose(g: &Scope, x: Value, grid: Value) -> Value {
    let ([batch, channels, height, width], [_, rows, columns, _]) = (&g.shape(x)[..], &g.shape(grid)[..])
    else {
        return x;
    };
    let flat = g.reshape(x, &[batch.clone(), channels.clone(), height.clone() * width.clone()]);
    let places = rows.clone() * columns.clone();
    let along = |axis: usize, size: &Dim| Axis::new(g, g.select(grid, -1, axis), g.to_float(g.size(size)));
    let [across, down] = [along(0, width), along(1, height)];
    let corners = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(row, column)| {
        let ((y, y_weight), (x, x_weight)) = (&down.ends[row], &across.ends[column]);
        let index = g.add(g.mul(*y, g.to_float(g.size(width))), *x);
        let of_all = |value: Value| g.reshape(value, &[batch.clone(), 1.into(), places.clone()]);
        let index =
            g.expand(of_all(g.cast(index, DType::I64)), &[batch.clone(), channels.clone(), places.clone()]);
        g.mul(g.gather_elements(flat, 2, index), of_all(g.mul(*y_weight, *x_weight)))
    });
    let [first, rest @ ..] = corners;
    let sum = rest.into_iter().fold(first, |sum, corner| g.add(sum, corner));
    g.reshape(sum, &[batch.clone(), channels.clone(), rows.clone(), columns.clone()])
}

/// The pixels before and behind a place along one axis, with their weights; a pixel outside of the image has none.
struct Axis {
    ends: [(Value, Value); 2],
}

impl Axis {
    fn new(g: &Scope, place: Value, size: Value) -> Self {
        // From −1 … 1 between the edges to pixels, whose centres are half a pixel inside.
        let pixel = g.sub(g.mul(g.mul(g.add(place, 1.0), size), 0.5), 0.5);
        let before = g.unary(Unary::Floor, pixel);
        let fraction = g.sub(pixel, before);
        let end = |at: Value, weight: Value| {
            let last = g.sub(size, 1.0);
            let inside =
                g.and(g.compare(Compare::GreaterOrEqual, at, 0.0), g.compare(Compare::LessOrEqual, at, last));
            (g.min(g.max(at, 0.0), last), g.where_(inside, weight, 0.0))
        };
        let rest = g.add(g.mul(fraction, -1.0), 1.0);
        Self { ends: [end(before, rest), end(g.add(before, 1.0), fraction)] }
    }
}
