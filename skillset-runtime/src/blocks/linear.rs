//! A fully connected layer.

use crate::ir::{self, Activation, Dim, Scope, Value};

/// `activation(x · weightᵀ + bias)` over the last axis, with parameters `weight` (`[out, in]`) and `bias` (`[out]`).
#[derive(Clone, Debug)]
pub struct Linear {
    /// Input, `[…, in]`.
    pub of: Value,
    /// Width of the result.
    pub out: usize,
    /// Whether there is a bias.
    pub bias: bool,
    /// Whether the weight is stored `[in, out]` (transformers' `Conv1D`).
    pub transposed: bool,
    /// Applied to the result.
    pub activation: Option<Activation>,
}

impl Linear {
    /// A layer with bias and no activation.
    pub fn new(of: Value, out: usize) -> Self {
        Self { of, out, bias: true, transposed: false, activation: None }
    }

    /// Adds the layer; the result is `[…, out]`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        let shape = if self.transposed { [width, self.out] } else { [self.out, width] };
        let weight = g.param("weight", &shape);
        let bias = self.bias.then(|| g.param("bias", &[self.out]));
        let attributes = ir::Linear { transposed: self.transposed, activation: None };
        let y = g.apply_linear(attributes, self.of, weight, bias);
        self.activation.map_or(y, |activation| g.activation(y, activation))
    }
}

/// The size of `x`'s last axis, recording a mistake if the config does not fix it.
pub(super) fn fixed_width(g: &Scope, x: Value) -> Option<usize> {
    let fact = g.fact(x)?;
    let width = fact.shape.last().and_then(Dim::as_size);
    if width.is_none() {
        g.fail(format_args!("expected a fixed last axis, found {fact}"));
    }
    width
}
