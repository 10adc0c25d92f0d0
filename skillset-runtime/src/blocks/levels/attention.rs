//! Attention to a few places of feature maps.

use super::super::Linear;
use super::super::linear::fixed_width;
use super::{LevelMask, Levels, across_and_down};
use crate::ir::{self, Scope, Value};

/// Multi-scale deformable attention (Deformable DETR, arXiv:2010.04159): each query samples feature maps at a few places
/// around a point of its own, or in a box, which it chooses and weighs itself.
///
/// Parameters: the linear layers `sampling_offsets`, `attention_weights`, `value_proj` and `output_proj`.
#[derive(Clone, Debug)]
pub struct DeformableAttention {
    /// Queries, `[batch, queries, width]`.
    pub of: Value,
    /// What samples are taken of: the pixels of all levels, `[batch, length, width]`.
    pub memory: Value,
    /// The levels that these are of.
    pub levels: Levels,
    /// Where each query looks: points `[batch or 1, queries, levels or 1, 2]` or boxes `[…, 4]`, as
    /// `PointsInLevels` gives them.
    pub places: Value,
    /// Heads.
    pub heads: usize,
    /// Samples of a head and level.
    pub points: usize,
    /// Added to queries.
    pub positions: Option<Value>,
}

impl DeformableAttention {
    /// Attention of queries without positions.
    pub fn new(of: Value, memory: Value, levels: Levels, places: Value, heads: usize, points: usize) -> Self {
        Self { of, memory, levels, places, heads, points, positions: None }
    }

    /// Adds the attention; the result has the shape of the queries.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.memory) else { return self.of };
        let Self { memory, heads, points, .. } = self;
        if heads == 0 || !width.is_multiple_of(heads) {
            g.fail(format_args!("a width of {width} is no multiple of {heads} heads"));
            return self.of;
        }
        let sizes = self.levels.sizes(g);
        let value = Linear::new(memory, width).build(&g.at("value_proj"));
        let value = match LevelMask::new(self.levels.clone()).build(g) {
            Some(mask) => g.where_(g.unsqueeze(mask, 2), value, 0.0),
            None => value,
        };
        let [batch, length] = [0, 1].map(|axis| g.dim(memory, axis));
        let value = g.reshape(value, &[batch.clone(), length, heads.into(), (width / heads).into()]);

        let queries = self.positions.map_or(self.of, |positions| g.add(self.of, positions));
        let samples = sizes.len().saturating_mul(points);
        let each = [batch, g.dim(queries, 1), heads.into()];
        let project = |name: &str, size: usize| {
            Linear::new(queries, heads.saturating_mul(samples).saturating_mul(size)).build(&g.at(name))
        };
        let shape = |rest: &[usize]| {
            each.iter().cloned().chain(rest.iter().map(|&size| size.into())).collect::<Vec<_>>()
        };
        let offsets = g.reshape(project("sampling_offsets", 2), &shape(&[sizes.len(), points, 2]));
        let weights = g.softmax(g.reshape(project("attention_weights", 1), &shape(&[samples])), -1);
        let weights = g.reshape(weights, &shape(&[sizes.len(), points]));
        let inputs = [value, self.sampled(g, offsets, &sizes), weights];
        let sums = g.apply_deformable_attention(ir::DeformableAttention { levels: sizes }, inputs);
        Linear::new(sums, width).build(&g.at("output_proj"))
    }

    /// The places of samples in shares of their map, by their offsets from points (in pixels) or from the centers of boxes
    /// (a box reaches as far as there are samples).
    fn sampled(&self, g: &Scope, offsets: Value, sizes: &[[ir::Dim; 2]]) -> Value {
        let places = g.unsqueeze(g.unsqueeze(self.places, 2), 4);
        if g.dim(places, -1).as_constant() == Some(2) {
            let scales =
                sizes.iter().map(|size| g.reshape(across_and_down(g, size), &[1.into(), 1.into(), 2.into()]));
            let Some(scales) = scales.reduce(|all, next| g.concat(all, next, 0)) else { return offsets };
            return g.add(g.div(offsets, scales), places);
        }
        let (center, size) = (g.slice(places, -1, 0, 2), g.slice(places, -1, 2, 4));
        g.add(g.mul(g.mul(g.div(offsets, self.points), size), 0.5), center)
    }
}
