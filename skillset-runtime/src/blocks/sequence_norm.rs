//! Normalisation of a sequence's channels.

use super::LayerNorm;
use super::linear::fixed_width;
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
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        let g = g.at("batchnorm");
        let names = ["weight", "bias", "running_mean", "running_var"];
        let [weight, bias, mean, variance] = names.map(|name| g.param(name, &[width]));
        // The statistics are known when a model is loaded, and so are factor and shift.
        let factor = g.div(weight, g.pow(g.add(variance, self.eps), 0.5));
        let shift = g.sub(bias, g.mul(mean, factor));
        g.add(g.mul(self.of, factor), shift)
    }
}
