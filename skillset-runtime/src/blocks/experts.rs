//! Mixtures of experts.

use super::Routing;
use super::linear::fixed_width;
use crate::ir::{self, Activation, Scope, Value};

/// Gated feed-forward networks of which each token takes a few (sparsely gated mixture of experts, arXiv:1701.06538).
///
/// Every expert's layers are tensors of their own in the checkpoint, below its number. ONNX graphs compute all experts
/// for every token; the native engine computes those that were chosen.
#[derive(Clone, Debug)]
pub struct Experts {
    /// Input, `[batch, sequence, width]`.
    pub of: Value,
    /// Which experts each token takes.
    pub routing: Routing,
    /// How many experts there are.
    pub count: usize,
    /// Width between an expert's layers.
    pub hidden: usize,
    /// The nonlinearity of the gates.
    pub activation: Activation,
    /// Paths of an expert's layers.
    pub names: ExpertNames,
}

/// Paths of the layers of an expert of [`Experts`].
#[derive(Clone, Debug)]
pub struct ExpertNames {
    /// Width → hidden, through the nonlinearity.
    pub gate: &'static str,
    /// Width → hidden.
    pub up: &'static str,
    /// Hidden → width.
    pub down: &'static str,
}

impl Default for ExpertNames {
    fn default() -> Self {
        Self { gate: "gate_proj", up: "up_proj", down: "down_proj" }
    }
}

impl Experts {
    /// Experts without biases.
    pub fn new(of: Value, routing: Routing, count: usize, hidden: usize, activation: Activation) -> Self {
        Self { of, routing, count, hidden, activation, names: ExpertNames::default() }
    }

    /// Adds the experts; the result has the input's shape.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        let stack = |name: &str, [out, inner]: [usize; 2]| {
            g.stacked_param(&format!("*.{name}.weight"), &[self.count, out, inner])
        };
        let gate = stack(self.names.gate, [self.hidden, width]);
        let up = stack(self.names.up, [self.hidden, width]);
        let down = stack(self.names.down, [width, self.hidden]);
        let Routing { indices, weights } = self.routing;
        let experts = ir::Experts { activation: self.activation };
        g.apply_experts(experts, self.of, [indices, weights], [gate, up, down])
    }
}
