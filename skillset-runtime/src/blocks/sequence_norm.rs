//! Normalisation of a sequence's channels.

use super::{BatchNorm, LayerNorm};
use crate::ir::{Scope, Value};

/// Normalisation of the channels of a sequence: of each by the statistics of the training data, with the parameters
/// `batchnorm.{weight, bias, running_mean, running_var}` (batch normalisation, arXiv:1502.03167), or layer normalisation.
#[derive(Clone, Debug)]
pub struct SequenceNorm {
    /// Input, `[batch, sequence, width]`.
    pub of: Value,
    /// Added to the variance.
    pub eps: f64,
    /// Whether it is batch normalisation.
    pub batch: bool,
}

impl SequenceNorm {
    /// Layer normalisation.
    pub fn new(of: Value, eps: f64) -> Self {
        Self { of, eps, batch: false }
    }

    /// Adds the norm; the result has the input's shape.
    pub fn build(self, g: &Scope) -> Value {
        if !self.batch {
            return LayerNorm::new(self.of, self.eps).build(g);
        }
        let [batch, length, width] = [0, 1, 2].map(|axis| g.dim(self.of, axis));
        let positions = g.reshape(self.of, &[batch.clone() * length.clone(), width.clone()]);
        let normed = BatchNorm::new(positions, self.eps).build(&g.at("batchnorm"));
        g.reshape(normed, &[batch, length, width])
    }
}
