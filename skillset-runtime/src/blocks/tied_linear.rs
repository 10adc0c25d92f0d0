//! A projection onto the vocabulary by the embedding table.

use super::linear::fixed_width;
use crate::ir::{self, Scope, Value};

/// A linear layer whose weight may be another tensor of the checkpoint (arXiv:1608.05859).
///
/// Where the config ties weights, `weight` is `tied_to` unless the checkpoint stores it apart.
#[derive(Clone, Debug)]
pub struct TiedLinear {
    /// Input, `[…, in]`.
    pub of: Value,
    /// Width of the result: the vocabulary.
    pub out: usize,
    /// Whether the config ties the weight.
    pub tied: bool,
    /// The full checkpoint name of the tensor that it is tied to.
    pub tied_to: &'static str,
    /// Whether there is a bias.
    pub bias: bool,
    /// The full checkpoint name that a tied bias has; none: the bias has no other name.
    pub bias_tied_to: Option<&'static str>,
}

impl TiedLinear {
    /// A layer without bias.
    pub fn new(of: Value, out: usize, tied: bool, tied_to: &'static str) -> Self {
        Self { of, out, tied, tied_to, bias: false, bias_tied_to: None }
    }

    /// Adds the layer; the result is `[…, out]`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        let shape = [self.out, width];
        let weight =
            if self.tied { g.tied_param("weight", &shape, self.tied_to) } else { g.param("weight", &shape) };
        let bias = self.bias.then(|| match self.bias_tied_to {
            Some(target) => g.tied_param("bias", &[self.out], target),
            None => g.param("bias", &[self.out]),
        });
        g.apply_linear(ir::Linear::default(), self.of, weight, bias)
    }
}
