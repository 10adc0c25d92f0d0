//! Positions of pixels by sines and cosines.

use std::f64::consts::TAU;

use crate::ir::{Dim, Literal, LiteralData, Scope, Unary, Value};

/// Added to what is divided by.
const EPS: f64 = 1e-6;

/// Positions of the pixels of an image by sines and cosines of their row and column (DETR, arXiv:2005.12872), each of
/// which goes from 0 to 2π over the part of the image that is no padding.
#[derive(Clone, Debug)]
pub struct SinePositions {
    /// The image, `[batch, channels, height, width]`.
    pub of: Value,
    /// Width of a position: half of it for the row, half for the column.
    pub width: usize,
    /// True where a pixel is no padding, `bool[batch, height, width]`; none: all are.
    pub mask: Option<Value>,
    /// Subtracted from rows and columns, which count from 1.
    pub offset: f64,
    /// Ratio of the longest to the shortest wave.
    pub temperature: f64,
}

impl SinePositions {
    /// Positions of an image without padding.
    pub fn new(of: Value, width: usize) -> Self {
        Self { of, width, mask: None, offset: 0.0, temperature: 10_000.0 }
    }

    /// Adds the positions, `[batch or 1, height · width, width]`.
    pub fn build(self, g: &Scope) -> Value {
        let half = self.width / 2;
        let [rows, columns] = [2, 3].map(|axis| g.dim(self.of, axis));
        let batch = self.mask.map_or(Dim::from(1), |mask| g.dim(mask, 0));
        let whole = [batch.clone(), rows.clone(), columns.clone(), half.into()];
        let along = |axis| Some(g.expand(waves(g, self.angle(g, axis), half, self.temperature)?, &whole));
        let Some((down, across)) = along(0).zip(along(1)) else { return self.of };
        g.reshape(g.concat(down, across, 3), &[batch, rows * columns, self.width.into()])
    }

    /// The angle of each row (column) that broadcasts to `[batch or 1, height, width]`.
    fn angle(&self, g: &Scope, axis: usize) -> Value {
        let length = g.dim(self.of, 2 + axis as isize);
        let (place, last) = match self.mask {
            Some(mask) => {
                let place = g.cumsum(g.to_float(mask), 1 + axis as isize);
                (place, g.slice(place, 1 + axis as isize, length.clone() - Dim::from(1), length))
            }
            None => {
                let mut shape = vec![Dim::from(1); 3];
                shape[1 + axis] = length.clone();
                (g.reshape(g.to_float(g.iota(1, &length)), &shape), g.to_float(g.size(length)))
            }
        };
        let place = if self.offset == 0.0 { place } else { g.sub(place, self.offset) };
        g.mul(g.div(place, g.add(last, EPS)), TAU)
    }
}

/// Sines (in even channels) and cosines (in odd ones) of `angle` with `width` frequencies on an axis behind the others,
/// of which the lowest is nearly `temperature` times slower than the first.
pub(super) fn waves(g: &Scope, angle: Value, width: usize, temperature: f64) -> Option<Value> {
    if width == 0 || !width.is_multiple_of(2) {
        g.fail(format_args!("expected an even width of the position of a coordinate, found {width}"));
        return None;
    }
    // The exponents in single precision, as torch has them: at padding, angles are in the millions.
    let waves: Vec<f32> = (0..width)
        .map(|channel| (channel / 2 * 2) as f32 / width as f32)
        .map(|exponent| temperature.powf(exponent.into()) as f32)
        .collect();
    let even: Vec<bool> = (0..width).map(|channel| channel % 2 == 0).collect();
    let even = g.constant(Literal { shape: vec![width], data: LiteralData::Bool(even.into()) });
    let angle = g.div(g.unsqueeze(angle, -1), g.constant(Literal::vector(&waves)));
    let [sine, cosine] = [Unary::Sin, Unary::Cos].map(|wave| g.unary(wave, angle));
    Some(g.where_(even, sine, cosine))
}
