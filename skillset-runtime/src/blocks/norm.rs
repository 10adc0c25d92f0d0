//! Normalisations of the last axis, of groups of channels, and of channels.

use super::linear::fixed_width;
use crate::ir::{self, Scope, Value};

/// Layer normalisation (arXiv:1607.06450) with parameters `weight` and `bias`, each `[width]`.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    /// Input, `[…, width]`.
    pub of: Value,
    /// Added to the variance.
    pub eps: f64,
    /// Whether there is a weight.
    pub weight: bool,
    /// Whether there is a bias.
    pub bias: bool,
}

impl LayerNorm {
    /// A norm with weight and bias.
    pub fn new(of: Value, eps: f64) -> Self {
        Self { of, eps, weight: true, bias: true }
    }

    /// Adds the norm; the result has the input's shape.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        if self.bias && !self.weight {
            g.fail("a layer norm has no bias without a weight");
        }
        let weight = self.weight.then(|| g.param("weight", &[width]));
        let bias = self.bias.then(|| g.param("bias", &[width]));
        g.apply_layer_norm(self.of, weight, bias, self.eps)
    }
}

/// Root-mean-square normalisation (arXiv:1910.07467) with the parameter `weight`, `[width]`.
#[derive(Clone, Debug)]
pub struct RmsNorm {
    /// Input, `[…, width]`.
    pub of: Value,
    /// Added to the mean square.
    pub eps: f64,
    /// Added to the weight: 1 where checkpoints store how far it is from 1 (Gemma).
    pub offset: f64,
    /// Whether there is a weight.
    pub weight: bool,
}

impl RmsNorm {
    /// A norm with weight.
    pub fn new(of: Value, eps: f64) -> Self {
        Self { of, eps, offset: 0.0, weight: true }
    }

    /// Adds the norm; the result has the input's shape.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        let weight = self.weight.then(|| g.param("weight", &[width]));
        let weight =
            weight.map(|weight| if self.offset == 0.0 { weight } else { g.add(weight, self.offset) });
        g.apply_rms_norm(self.of, weight, self.eps)
    }
}

/// Group normalisation (arXiv:1803.08494) with parameters `weight` and `bias`, each `[channels]`.
#[derive(Clone, Debug)]
pub struct GroupNorm {
    /// Input, `[batch, channels, …]`.
    pub of: Value,
    /// Groups of channels that are normalised together; as many as channels: each alone (instance normalisation).
    pub groups: usize,
    /// Added to the variance.
    pub eps: f64,
}

impl GroupNorm {
    /// A norm.
    pub fn new(of: Value, groups: usize, eps: f64) -> Self {
        Self { of, groups, eps }
    }

    /// Adds the norm; the result has the input's shape.
    pub fn build(self, g: &Scope) -> Value {
        let Some(channels) = g.dim(self.of, 1).as_size() else {
            g.fail("the number of channels is not fixed");
            return self.of;
        };
        let [weight, bias] = ["weight", "bias"].map(|name| g.param(name, &[channels]));
        g.apply_group_norm(ir::GroupNorm { groups: self.groups, eps: self.eps }, self.of, weight, bias)
    }
}

/// Batch normalisation (arXiv:1502.03167) by the statistics of the training data, with parameters `weight`, `bias`,
/// `running_mean` and `running_var`, each `[channels]`.
#[derive(Clone, Debug)]
pub struct BatchNorm {
    /// Input, `[batch, channels, …]`.
    pub of: Value,
    /// Added to the variance.
    pub eps: f64,
}

impl BatchNorm {
    /// A norm.
    pub fn new(of: Value, eps: f64) -> Self {
        Self { of, eps }
    }

    /// Adds the norm; the result has the input's shape.
    pub fn build(self, g: &Scope) -> Value {
        let Some(channels) = g.dim(self.of, 1).as_size() else {
            g.fail("the number of channels is not fixed");
            return self.of;
        };
        let names = ["weight", "bias", "running_mean", "running_var"];
        g.apply_batch_norm(self.of, names.map(|name| g.param(name, &[channels])), self.eps)
    }
}
