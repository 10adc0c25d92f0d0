//! A convolution along a sequence that looks back only.

use super::linear::fixed_width;
use crate::ir::{Activation, Dim, Literal, Scope, Value};

/// A causal depthwise convolution along a sequence, as state space models have it (Mamba, arXiv:2312.00752): each channel
/// of a position is a sum over its own last values.
///
/// Parameters: `weight` (`[width, 1, kernel]`), `bias` (`[width]`).
#[derive(Clone, Debug)]
pub struct CausalConv {
    /// Input, `[batch, sequence, width]`.
    pub of: Value,
    /// Positions that a sum is over, its own included.
    pub kernel: usize,
    /// Whether there is a bias.
    pub bias: bool,
    /// Applied to the result.
    pub activation: Option<Activation>,
    /// The layer under which the last inputs are kept between runs; none: never, zeros stand before the first.
    pub cache: Option<usize>,
}

impl CausalConv {
    /// A convolution with a bias.
    pub fn new(of: Value, kernel: usize) -> Self {
        Self { of, kernel, bias: true, activation: None, cache: None }
    }

    /// Adds the convolution; the result has the shape of `of`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        if self.kernel == 0 {
            g.fail("a convolution over no positions");
            return self.of;
        }
        let weight =
            g.reshape(g.param("weight", &[width, 1, self.kernel]), &[width.into(), self.kernel.into()]);
        let taps = g.transpose(weight, &[1, 0]);
        let (all, length) = (self.with_past(g, width), g.dim(self.of, 1));
        let tap = |tap: usize| {
            let seen = g.slice(all, 1, tap, length.clone() + Dim::from(tap));
            g.mul(seen, g.select(taps, 0, tap))
        };
        let mut sum = (1..self.kernel).fold(tap(0), |sum, next| g.add(sum, tap(next)));
        if self.bias {
            sum = g.add(sum, g.param("bias", &[width]));
        }
        self.activation.map_or(sum, |activation| g.activation(sum, activation))
    }

    /// The input behind the `kernel − 1` positions before it, `[batch, kernel − 1 + sequence, width]`.
    fn with_past(&self, g: &Scope, width: usize) -> Value {
        if self.kernel == 1 {
            return self.of;
        }
        let length = g.dim(self.of, 1);
        let shape = [g.dim(self.of, 0), (self.kernel - 1).into(), width.into()];
        let Some(past) = self.cache.and_then(|layer| g.kept(layer, "conv", &shape)) else {
            let zeros = g.expand(g.constant(Literal::scalar(0.0)), &shape);
            return g.concat(zeros, self.of, 1);
        };
        let all = g.concat(past, self.of, 1);
        g.leave(past, g.slice(all, 1, length.clone(), length + Dim::from(self.kernel - 1)));
        all
    }
}
