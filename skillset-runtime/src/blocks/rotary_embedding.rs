//! Rotary position embeddings and their scalings for long contexts.

use super::RopeParameters;
use super::rope_parameters::{RopeScaling, frequencies};
use crate::ir::{Dim, Literal, Reduce, Scope, Unary, Value};

/// Rotations for each token, as [`Attention`](super::Attention) takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rope {
    /// Cosines, `[batch or 1, sequence, rotated / 2]`.
    pub cos: Value,
    /// Sines, likewise.
    pub sin: Value,
}

/// Rotary position embedding (RoFormer, arXiv:2104.09864) with the scalings of transformers'
/// `modeling_rope_utils`.
#[derive(Clone, Debug)]
pub struct RotaryEmbedding {
    /// Positions, `i64[batch or 1, sequence]`.
    pub of: Value,
    /// Base, scaling, rotated share of a head.
    pub parameters: RopeParameters,
    /// Width of a head.
    pub head_dim: usize,
    /// The context length that the config states.
    pub max_positions: usize,
    /// Whether `partial_rotary_factor` may leave channels as they are; if not, plain rotation does not read it,
    /// and scalings by less than a head are refused.
    pub partial: bool,
}

/// A head is never wider than this; its frequencies are a literal of the graph.
const MAX_ROTATED: usize = 1 << 16;

impl RotaryEmbedding {
    /// Rotations of `head_dim` channels.
    pub fn new(of: Value, parameters: RopeParameters, head_dim: usize, max_positions: usize) -> Self {
        Self { of, parameters, head_dim, max_positions, partial: true }
    }

    /// Adds cosines and sines.
    pub fn build(self, g: &Scope) -> Rope {
        let rotated = self.rotated(g);
        if rotated == 0 || !rotated.is_multiple_of(2) || rotated > MAX_ROTATED {
            g.fail(format_args!("cannot rotate {rotated} of {} channels of a head in pairs", self.head_dim));
            return Rope { cos: self.of, sin: self.of };
        }
        let inverse = self.inverse_frequencies(g, rotated);
        let angles = g.mul(g.unsqueeze(g.to_float(self.of), -1), inverse);
        let factor = self.parameters.attention_factor(self.max_positions);
        self.expect_finite(g, factor.is_finite());
        let scaled = |x| if factor == 1.0 { x } else { g.mul(x, factor) };
        Rope { cos: scaled(g.unary(Unary::Cos, angles)), sin: scaled(g.unary(Unary::Sin, angles)) }
    }

    /// How many channels rotate.
    fn rotated(&self, g: &Scope) -> usize {
        let rotated = self.parameters.rotated(self.head_dim);
        if self.partial || rotated == self.head_dim {
            return rotated;
        }
        if self.parameters.scaling != RopeScaling::Default {
            g.fail(format_args!(
                "partial_rotary_factor: expected 1, as every channel of a head rotates, found {}",
                self.parameters.partial_rotary_factor
            ));
        }
        self.head_dim
    }

    /// `[rotated / 2]`, a literal unless the scaling depends on the length of the sequence.
    fn inverse_frequencies(&self, g: &Scope, rotated: usize) -> Value {
        let vector = |values: Vec<f32>| {
            self.expect_finite(g, values.iter().all(|value| value.is_finite()));
            g.constant(Literal::vector(&values))
        };
        match &self.parameters.scaling {
            RopeScaling::Dynamic { factor } => self.dynamic(g, rotated, *factor),
            RopeScaling::LongRope { short_factor, long_factor, .. } => {
                let half = rotated / 2;
                if short_factor.len() != half || long_factor.len() != half {
                    g.fail(format_args!(
                        "rope_parameters: short_factor and long_factor have {} and {} entries, expected {half}",
                        short_factor.len(),
                        long_factor.len()
                    ));
                }
                let base = frequencies(self.parameters.theta, rotated);
                let over = |factors: &[f64]| -> Vec<f32> {
                    base.iter()
                        .zip(factors)
                        .map(|(frequency, &factor)| 1.0 / (factor as f32 * frequency))
                        .collect()
                };
                let original = self.parameters.original_max_positions(self.max_positions);
                let is_long = g.compare(crate::ir::Compare::Greater, self.length(g), original);
                g.where_(is_long, vector(over(long_factor)), vector(over(short_factor)))
            }
            scaling => vector(scaling.inverse_frequencies(&self.parameters, rotated, self.max_positions)),
        }
    }

    /// NTK-aware scaling of the base by the length of the sequence where it exceeds the context.
    fn dynamic(&self, g: &Scope, rotated: usize, factor: f64) -> Value {
        let length = g.max(self.length(g), self.max_positions);
        let context = factor / self.max_positions as f64;
        let power = rotated as f64 / (rotated as f64 - 2.0);
        self.expect_finite(g, self.parameters.theta > 0.0 && context.is_finite() && power.is_finite());
        let relative = g.mul(length, context);
        let base = g.mul(g.pow(g.sub(relative, factor - 1.0), power), self.parameters.theta);
        let exponents: Vec<f32> = (0..rotated).step_by(2).map(|i| -(i as f32 / rotated as f32)).collect();
        g.pow(base, g.constant(Literal::vector(&exponents)))
    }

    /// Fails unless the rotations are numbers: a base or a factor of 0 gives NaN for every token, not an error.
    fn expect_finite(&self, g: &Scope, is_finite: bool) {
        if !is_finite {
            let RopeParameters { theta, scaling, .. } = &self.parameters;
            g.fail(format_args!(
                "rope_parameters: rope_theta {theta} and {scaling:?} give rotations that are not finite"
            ));
        }
    }

    /// The highest position plus one, a float `[1]`.
    fn length(&self, g: &Scope) -> Value {
        let flat = g.reshape(self.of, &[g.dim(self.of, 0) * g.dim(self.of, 1)]);
        let last = g.reduce(Reduce::Max, flat, 0);
        g.add(g.reshape(g.to_float(last), &[Dim::from(1)]), 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::JsonMap;
    use crate::ir::{Builder, DType, Request};

    /// What building rotations of a head of `head_dim` channels says.
    fn build(theta: f64, scaling: RopeScaling, head_dim: usize) -> Result<(), String> {
        let parameters = RopeParameters {
            theta,
            partial_rotary_factor: 1.0,
            scaling,
            attention_factor: None,
            original_max_position_embeddings: None,
            entries: JsonMap::new(),
        };
        let builder = Builder::new("toy", &Request::default());
        let g = builder.root();
        let positions = g.input("position_ids", DType::I64, &[Dim::symbol("batch"), Dim::symbol("sequence")]);
        let rope = RotaryEmbedding::new(positions, parameters, head_dim, 64).build(&g);
        g.output("cos", rope.cos);
        builder.finish().map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn rotations_that_are_no_numbers_are_refused() {
        assert_eq!(build(1e4, RopeScaling::Linear { factor: 2.0 }, 4), Ok(()));
        assert_eq!(build(1e4, RopeScaling::Dynamic { factor: 2.0 }, 4), Ok(()));
        for (theta, scaling, head_dim) in [
            (0.0, RopeScaling::Default, 4),
            (-1e4, RopeScaling::Default, 8),
            (1e4, RopeScaling::Linear { factor: 0.0 }, 4),
            (0.0, RopeScaling::Dynamic { factor: 2.0 }, 4),
            // The power `rotated / (rotated - 2)` divides by zero.
            (1e4, RopeScaling::Dynamic { factor: 2.0 }, 2),
        ] {
            let error = build(theta, scaling.clone(), head_dim).unwrap_err();
            let expected = format!(
                "toy: rope_parameters: rope_theta {theta} and {scaling:?} give rotations that are not finite"
            );
            assert!(error.contains(&expected), "{error}");
        }
    }
}
