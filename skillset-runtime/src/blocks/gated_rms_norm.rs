//! A normalisation behind a gate.

use super::linear::fixed_width;
use crate::ir::{Activation, Scope, Value};

/// Root-mean-square normalisation of `of · silu(gate)`, in groups of channels (Mamba 2, arXiv:2405.21060), with the
/// parameter `weight`, `[width]`.
#[derive(Clone, Debug)]
pub struct GatedRmsNorm {
    /// Input, `[…, width]`.
    pub of: Value,
    /// The gate before its nonlinearity, of the same shape.
    pub gate: Value,
    /// Added to the mean square.
    pub eps: f64,
    /// Groups of channels that are normalised by themselves.
    pub groups: usize,
}

impl GatedRmsNorm {
    /// A normalisation over all channels.
    pub fn new(of: Value, gate: Value, eps: f64) -> Self {
        Self { of, gate, eps, groups: 1 }
    }

    /// Adds the normalisation; the result has the shape of `of`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        if self.groups == 0 || !width.is_multiple_of(self.groups) {
            g.fail(format_args!("a width of {width} is not a multiple of {} groups", self.groups));
            return self.of;
        }
        let gated = g.mul(self.of, g.activation(self.gate, Activation::Silu));
        let weight = g.param("weight", &[width]);
        if self.groups == 1 {
            return g.apply_rms_norm(gated, Some(weight), self.eps);
        }
        let shape = g.shape(gated);
        let leading = &shape[..shape.len() - 1];
        let grouped =
            g.reshape(gated, &[leading, &[self.groups.into(), (width / self.groups).into()]].concat());
        g.mul(g.reshape(g.apply_rms_norm(grouped, None, self.eps), &shape), weight)
    }
}
