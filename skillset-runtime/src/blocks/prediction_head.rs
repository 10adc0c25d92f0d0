//! Small networks that predict numbers of vectors.

use super::Linear;
use crate::ir::{Activation, Scope, Value};

/// Linear layers at `layers.{i}` with ReLU between them (DETR, arXiv:2005.12872, where it predicts boxes).
#[derive(Clone, Debug)]
pub struct PredictionHead {
    /// Input, `[…, width]`.
    pub of: Value,
    /// Width between the layers.
    pub hidden: usize,
    /// Width of the result.
    pub out: usize,
    /// How many layers there are.
    pub layers: usize,
    /// Applied to the result.
    pub activation: Option<Activation>,
}

impl PredictionHead {
    /// Three layers.
    pub fn new(of: Value, hidden: usize, out: usize) -> Self {
        Self { of, hidden, out, layers: 3, activation: None }
    }

    /// Adds the layers; the result is `[…, out]`.
    pub fn build(self, g: &Scope) -> Value {
        let g = g.at("layers");
        (0..self.layers).fold(self.of, |x, layer| {
            let is_last = layer + 1 == self.layers;
            let out = if is_last { self.out } else { self.hidden };
            let activation = if is_last { self.activation } else { Some(Activation::Relu) };
            Linear { activation, ..Linear::new(x, out) }.build(&g.at(&layer.to_string()))
        })
    }
}
