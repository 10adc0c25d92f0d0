//! Rotation of channel pairs.

use crate::ir::{Dim, Rotary, RotaryPairs, Scope, Value};

pub(super) fn decompose(g: &Scope, rotary: Rotary, inputs: &[Value]) -> Value {
    let (x, cos, sin) = (inputs[0], g.unsqueeze(inputs[1], 1), g.unsqueeze(inputs[2], 1));
    let (width, half) = (g.dim(x, 3), g.dim(cos, 3));
    let rotated = half.clone() * Dim::from(2);

    let (a, b) = match rotary.pairs {
        RotaryPairs::Halves => (g.slice(x, 3, 0, half.clone()), g.slice(x, 3, half, rotated.clone())),
        RotaryPairs::Adjacent => {
            let [batch, heads, length, _] = &g.shape(x)[..] else { return x };
            let leading = [batch.clone(), heads.clone(), length.clone()];
            let pairs =
                g.reshape(g.slice(x, 3, 0, rotated.clone()), &[&leading[..], &[half, 2.into()]].concat());
            (g.select(pairs, 4, 0), g.select(pairs, 4, 1))
        }
    };
    let first = g.sub(g.mul(a, cos), g.mul(b, sin));
    let second = g.add(g.mul(b, cos), g.mul(a, sin));

    let turned = match rotary.pairs {
        RotaryPairs::Halves => g.concat(first, second, 3),
        RotaryPairs::Adjacent => {
            let mut shape = g.shape(first);
            let pairs = g.concat(g.unsqueeze(first, -1), g.unsqueeze(second, -1), 4);
            if let Some(last) = shape.last_mut() {
                *last = rotated.clone();
            }
            g.reshape(pairs, &shape)
        }
    };
    if rotated == width { turned } else { g.concat(turned, g.slice(x, 3, rotated, width), 3) }
}
