//! Feed-forward networks.

use super::Linear;
use super::linear::fixed_width;
use crate::ir::{Activation, Scope, Value};

/// `down(activation(up(x)))`: the feed-forward network of the Transformer (arXiv:1706.03762).
#[derive(Clone, Debug)]
pub struct Mlp {
    /// Input, `[…, width]`.
    pub of: Value,
    /// Width between the two layers.
    pub hidden: usize,
    /// The nonlinearity between them.
    pub activation: Activation,
    /// Whether both layers have a bias.
    pub bias: bool,
    /// Whether weights are stored `[in, out]` (transformers' `Conv1D`).
    pub transposed: bool,
    /// Paths of the layers.
    pub names: MlpNames,
}

/// Paths of the layers of an [`Mlp`].
#[derive(Clone, Debug)]
pub struct MlpNames {
    /// Width → hidden.
    pub up: &'static str,
    /// Hidden → width.
    pub down: &'static str,
}

impl Default for MlpNames {
    fn default() -> Self {
        Self { up: "fc1", down: "fc2" }
    }
}

impl Mlp {
    /// A network with biases.
    pub fn new(of: Value, hidden: usize, activation: Activation) -> Self {
        Self { of, hidden, activation, bias: true, transposed: false, names: MlpNames::default() }
    }

    /// Adds the network; the result has the input's shape.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        let layer = |of, out| Linear { bias: self.bias, transposed: self.transposed, ..Linear::new(of, out) };
        let up = Linear { activation: Some(self.activation), ..layer(self.of, self.hidden) };
        let x = up.build(&g.at(self.names.up));
        layer(x, width).build(&g.at(self.names.down))
    }
}

/// `down(activation(gate(x)) · up(x))`: a gated feed-forward network (GLU variants, arXiv:2002.05202).
#[derive(Clone, Debug)]
pub struct GatedMlp {
    /// Input, `[…, width]`.
    pub of: Value,
    /// Width between the layers.
    pub hidden: usize,
    /// The nonlinearity of the gate.
    pub activation: Activation,
    /// Whether the layers have biases.
    pub bias: bool,
    /// Paths of the layers.
    pub names: GatedMlpNames,
}

/// Paths of the layers of a [`GatedMlp`].
#[derive(Clone, Debug)]
pub struct GatedMlpNames {
    /// Width → hidden, through the nonlinearity.
    pub gate: &'static str,
    /// Width → hidden.
    pub up: &'static str,
    /// Hidden → width.
    pub down: &'static str,
}

impl Default for GatedMlpNames {
    fn default() -> Self {
        Self { gate: "gate_proj", up: "up_proj", down: "down_proj" }
    }
}

impl GatedMlp {
    /// A network without biases.
    pub fn new(of: Value, hidden: usize, activation: Activation) -> Self {
        Self { of, hidden, activation, bias: false, names: GatedMlpNames::default() }
    }

    /// Adds the network; the result has the input's shape.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        let layer = |of, out| Linear { bias: self.bias, ..Linear::new(of, out) };
        let gate = Linear { activation: Some(self.activation), ..layer(self.of, self.hidden) };
        let gate = gate.build(&g.at(self.names.gate));
        let up = layer(self.of, self.hidden).build(&g.at(self.names.up));
        layer(g.mul(gate, up), width).build(&g.at(self.names.down))
    }
}
