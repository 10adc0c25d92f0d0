//! What several layers say together.

use crate::ir::{Dim, Scope, Value};

/// The mean of the states of all layers, weighted by the softmax of the parameter `layer_weights` (ELMo, arXiv:1802.05365).
#[derive(Clone, Debug)]
pub struct LayerMixture {
    /// States of each layer, `[batch, layers, length, width]`.
    pub of: Value,
}

impl LayerMixture {
    /// A mixture.
    pub fn new(of: Value) -> Self {
        Self { of }
    }

    /// Adds the mean, `[batch, length, width]`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(layers) = g.dim(self.of, 1).as_size() else {
            g.fail("the number of layers is not fixed");
            return self.of;
        };
        let weights = g.softmax(g.param("layer_weights", &[layers]), 0);
        let weights = g.reshape(weights, &[layers, 1, 1].map(Dim::from));
        g.sum(g.mul(self.of, weights), 1)
    }
}
