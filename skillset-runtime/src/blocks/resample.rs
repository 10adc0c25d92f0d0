//! Resampling of learned position tables to other grids.

use crate::ir::{Compare, Dim, Scope, Unary, Value};

/// PyTorch's constant of the cubic convolution kernel.
const A: f64 = -0.75;

/// Resamples a table bicubically, as `torch.nn.functional.interpolate(mode="bicubic", align_corners=False)`.
///
/// `table` is `[rows, columns, width]` of fixed size; the result is `[to_rows, to_columns, width]`.
pub(super) fn bicubic(g: &Scope, table: Value, [to_rows, to_columns]: [Dim; 2]) -> Value {
    let shape = g.shape(table);
    let [Some(rows), Some(columns), Some(width)] =
        [0, 1, 2].map(|axis| shape.get(axis).and_then(Dim::as_size))
    else {
        g.fail("only tables of fixed size are resampled");
        return table;
    };
    // Interpolation is linear and separable: one matrix for each axis.
    let vertical = matrix(g, rows, &to_rows);
    let flat = g.reshape(table, &[rows.into(), (columns * width).into()]);
    let stretched = g.matmul(vertical, flat);
    let stretched = g.reshape(stretched, &[to_rows, columns.into(), width.into()]);
    g.matmul(matrix(g, columns, &to_columns), stretched)
}

/// The weights with which `from` samples make `to`, `[to, from]`.
fn matrix(g: &Scope, from: usize, to: &Dim) -> Value {
    let scale = g.div(g.to_float(g.size(from)), g.to_float(g.size(to.clone())));
    let centre = g.add(g.to_float(g.iota(0, to.clone())), 0.5);
    let source = g.sub(g.mul(centre, scale), 0.5);
    let whole = g.unary(Unary::Floor, source);
    let fraction = g.sub(source, whole);
    let columns = g.unsqueeze(g.to_float(g.iota(0, from)), 0);

    let taps = [-1.0, 0.0, 1.0, 2.0].map(|offset| {
        let weight = kernel(g, g.unary(Unary::Abs, g.sub(fraction, offset)), offset);
        // Samples beyond the border are those at the border.
        let at = g.min(g.max(g.add(whole, offset), 0.0), from as f64 - 1.0);
        let chosen = g.to_float(g.compare(Compare::Equal, g.unsqueeze(at, 1), columns));
        g.mul(chosen, g.unsqueeze(weight, 1))
    });
    let [first, rest @ ..] = taps;
    rest.into_iter().fold(first, |sum, tap| g.add(sum, tap))
}

/// The cubic convolution kernel at distance `x` (Keys 1981), for a tap whose distance is at most 1 (the inner
/// two) or between 1 and 2 (the outer two).
fn kernel(g: &Scope, x: Value, offset: f64) -> Value {
    // By Horner's rule.
    let polynomial = |coefficients: [f64; 4]| {
        let [cubic, rest @ ..] = coefficients;
        rest.into_iter().fold(None, |sum: Option<Value>, c| {
            let scaled = sum.map_or_else(|| g.mul(x, cubic), |sum| g.mul(sum, x));
            Some(g.add(scaled, c))
        })
    };
    let inner = offset == 0.0 || offset == 1.0;
    let coefficients = if inner { [A + 2.0, -(A + 3.0), 0.0, 1.0] } else { [A, -5.0 * A, 8.0 * A, -4.0 * A] };
    polynomial(coefficients).unwrap_or(x)
}
