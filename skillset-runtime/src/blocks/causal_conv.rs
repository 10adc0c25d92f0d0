//! A convolution along a sequence that looks back only.

use super::Conv1d;
use super::linear::fixed_width;
use crate::ir::{Activation, Dim, Scope, Value};

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
        let Some(reach) = self.kernel.checked_sub(1) else {
            g.fail("a convolution over no positions");
            return self.of;
        };
        let shape = [g.dim(self.of, 0), reach.into(), width.into()];
        let past = self.cache.filter(|_| reach > 0).and_then(|layer| g.kept(layer, "conv", &shape));
        let (all, padding) = match past {
            Some(past) => (g.concat(past, self.of, 1), 0),
            None => (self.of, reach),
        };
        if let Some(past) = past {
            let length = g.dim(self.of, 1);
            g.leave(past, g.slice(all, 1, length.clone(), length + Dim::from(reach)));
        }
        let Self { kernel, bias, activation, .. } = self;
        let channels = g.transpose(all, &[0, 2, 1]);
        let conv = Conv1d {
            groups: width,
            padding,
            padding_end: Some(0),
            bias,
            activation,
            ..Conv1d::new(channels, width, kernel)
        };
        g.transpose(conv.build(g), &[0, 2, 1])
    }
}
