//! Multi-head attention with its projections.

use super::grid_distances::with_distances;
use super::linear::fixed_width;
use super::{Linear, RmsNorm, Rope};
use crate::ir::{self, Dim, RotaryPairs, Scope, Value};

/// Multi-head attention (arXiv:1706.03762) with query, key, value and output projections.
///
/// Covers self- and cross-attention, grouped-query attention (arXiv:2305.13245), rotary positions,
/// causal and sliding-window masks, and a key/value cache.
#[derive(Clone, Debug)]
pub struct Attention {
    /// Queries come from this, `[batch, sequence, width]`.
    pub of: Value,
    /// Query heads.
    pub heads: usize,
    /// Key/value heads; none: as many as `heads`.
    pub kv_heads: Option<usize>,
    /// Width of a head; none: `width / heads`.
    pub head_dim: Option<usize>,
    /// Keys and values come from this, `[batch, length, …]`; none: from `of`.
    pub memory: Option<Value>,
    /// Added to what queries come from, and keys, too, if that is the same; values go without it.
    pub positions: Option<Value>,
    /// Added to what keys come from, if that is `memory`.
    pub memory_positions: Option<Value>,
    /// True where a key is real, `bool[batch, length]`; none: all are.
    pub mask: Option<Value>,
    /// Added to the scores, broadcastable to `[batch, heads, sequence, length]`.
    pub bias: Option<Value>,
    /// Rotation of queries and keys by position.
    pub rope: Option<Rope>,
    /// Which channels of a head rotate together.
    pub rope_pairs: RotaryPairs,
    /// A token sees only those up to itself.
    pub causal: bool,
    /// A token sees only that many: if causal the last, itself included, else on either side of it.
    pub window: Option<usize>,
    /// The layer under which keys and values are kept between runs; none: never.
    pub cache: Option<usize>,
    /// Factor of the scores; none: `1/√head_dim`.
    pub scale: Option<f64>,
    /// Limit of the scores by `c · tanh(score / c)`.
    pub softcap: Option<f64>,
    /// Whether the query, key and value projections have biases.
    pub qkv_bias: bool,
    /// Whether the key projection has one; none: as the others.
    pub k_bias: Option<bool>,
    /// Whether the output projection has a bias.
    pub out_bias: bool,
    /// Whether weights are stored `[in, out]` (transformers' `Conv1D`).
    pub transposed: bool,
    /// Whether the projections of queries, keys and values are one below the other in `in_proj_weight`, and `in_proj_bias`, as
    /// PyTorch's `MultiheadAttention` has them.
    pub packed: bool,
    /// How queries and keys are normalised before they rotate.
    pub qk_norm: QkNorm,
    /// Added to the mean square, or variance, by those norms.
    pub qk_norm_eps: f64,
    /// Added to the weights of those norms, see [`RmsNorm`].
    pub qk_norm_offset: f64,
    /// Rows and columns of the grid that the tokens are, row by row: scores then depend on how many rows and columns lie
    /// between tokens, by the parameters `rel_pos_h` (`[2 · rows − 1, head_dim]`) and `rel_pos_w`
    /// (`[2 · columns − 1, head_dim]`; decomposed relative positions, arXiv:2112.01526).
    pub grid: Option<[usize; 2]>,
    /// Paths of the projections.
    pub names: AttentionNames,
}

/// Norms of queries and keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QkNorm {
    /// None.
    #[default]
    None,
    /// RMS norms of each head, whose weights all heads share (Qwen 3, Gemma 3).
    Head,
    /// RMS norms of all heads together (OLMo 2).
    Heads,
    /// Layer norms of each head with weights `[heads, head_dim]` and without biases (Cohere).
    LayerNorms,
}

/// Paths of the projections of [`Attention`].
///
/// Queries, keys and values, or two of them, that have one path are one projection, whose result is theirs one behind the other.
#[derive(Clone, Debug)]
pub struct AttentionNames {
    /// Query projection.
    pub q: &'static str,
    /// Key projection.
    pub k: &'static str,
    /// Value projection.
    pub v: &'static str,
    /// Output projection.
    pub o: &'static str,
    /// Norm of the queries.
    pub q_norm: &'static str,
    /// Norm of the keys.
    pub k_norm: &'static str,
}

impl Default for AttentionNames {
    fn default() -> Self {
        Self { q: "q_proj", k: "k_proj", v: "v_proj", o: "o_proj", q_norm: "q_norm", k_norm: "k_norm" }
    }
}

impl Attention {
    /// Unmasked self-attention with biases.
    pub fn new(of: Value, heads: usize) -> Self {
        Self {
            of,
            heads,
            kv_heads: None,
            head_dim: None,
            memory: None,
            positions: None,
            memory_positions: None,
            mask: None,
            bias: None,
            rope: None,
            rope_pairs: RotaryPairs::default(),
            causal: false,
            window: None,
            cache: None,
            scale: None,
            softcap: None,
            qkv_bias: true,
            k_bias: None,
            out_bias: true,
            transposed: false,
            packed: false,
            qk_norm: QkNorm::default(),
            qk_norm_eps: 1e-6,
            qk_norm_offset: 0.0,
            grid: None,
            names: AttentionNames::default(),
        }
    }

    /// Adds the attention; the result has the shape of `of`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        let Some(head_dim) = self.head_dim(g, width) else { return self.of };
        let kv_heads = self.kv_heads.unwrap_or(self.heads);
        if kv_heads == 0 || !self.heads.is_multiple_of(kv_heads) {
            g.fail(format_args!("{} heads are not a multiple of {kv_heads} key/value heads", self.heads));
            return self.of;
        }

        let [query, key, value] = self.projections(g, kv_heads, head_dim);
        let query = self.normalize(&g.at(self.names.q_norm), query);
        let key = self.normalize(&g.at(self.names.k_norm), key);
        let (query, key) = (self.rotate(g, query), self.rotate(g, key));
        let (key, value) = match self.cache {
            Some(layer) => (g.cached(layer, "key", key), g.cached(layer, "value", value)),
            None => (key, value),
        };

        let scale = self.scale.unwrap_or_else(|| (head_dim as f64).powf(-0.5));
        let [query, key] = match self.grid {
            Some(grid) => with_distances(g, [query, key], grid, scale),
            None => [query, key],
        };

        let attention = ir::Attention {
            scale,
            causal: self.causal,
            window: self.window,
            softcap: self.softcap,
            bias: self.bias.is_some(),
            key_mask: self.mask.is_some(),
        };
        let context = g.apply_attention(attention, [query, key, value], self.bias, self.mask);
        let [batch, sequence] = [g.dim(self.of, 0), g.dim(self.of, 1)];
        let merged = g
            .reshape(g.transpose(context, &[0, 2, 1, 3]), &[batch, sequence, (self.heads * head_dim).into()]);
        let out = Linear { bias: self.out_bias, transposed: self.transposed, ..Linear::new(merged, width) };
        out.build(&g.at(self.names.o))
    }

    fn head_dim(&self, g: &Scope, width: usize) -> Option<usize> {
        if let Some(head_dim) = self.head_dim {
            return Some(head_dim);
        }
        if self.heads == 0 || !width.is_multiple_of(self.heads) {
            g.fail(format_args!("a width of {width} is not a multiple of {} heads", self.heads));
            return None;
        }
        Some(width / self.heads)
    }

    /// Queries, keys and values, each `[batch, heads, length, head_dim]`.
    fn projections(&self, g: &Scope, kv_heads: usize, head_dim: usize) -> [Value; 3] {
        let AttentionNames { q, k, v, .. } = self.names;
        let memory = self.memory.unwrap_or(self.of);
        let placed =
            |x: Value, positions: Option<Value>| positions.map_or(x, |positions| g.add(x, positions));
        let asking = placed(self.of, self.positions);
        let found = self.memory.map_or(asking, |memory| placed(memory, self.memory_positions));
        let bias = self.qkv_bias;
        if self.packed {
            return self.packed_projections(g, [asking, found, memory], kv_heads, head_dim);
        }
        let project = |path, of, heads: &[usize], bias| self.project(g, path, of, heads, head_dim, bias);
        if q == k && k == v && asking == memory {
            let all = project(q, self.of, &[self.heads, kv_heads, kv_heads], bias);
            return [all[0], all[1], all[2]];
        }
        let query = project(q, asking, &[self.heads], bias)[0];
        if k == v && found == memory {
            let both = project(k, memory, &[kv_heads, kv_heads], bias);
            return [query, both[0], both[1]];
        }
        let key = project(k, found, &[kv_heads], self.k_bias.unwrap_or(bias))[0];
        [query, key, project(v, memory, &[kv_heads], bias)[0]]
    }

    /// As [`projections`](Self::projections), of what queries, keys and values come from.
    fn packed_projections(&self, g: &Scope, of: [Value; 3], kv_heads: usize, head_dim: usize) -> [Value; 3] {
        let Some(width) = fixed_width(g, self.of) else { return of };
        let widths = [self.heads, kv_heads, kv_heads].map(|heads| heads * head_dim);
        let all = widths.iter().sum();
        let weight = g.param("in_proj_weight", &[all, width]);
        let bias = self.qkv_bias.then(|| g.param("in_proj_bias", &[all]));
        let mut start = 0;
        [0, 1, 2].map(|part| {
            let rows = [start, start + widths[part]];
            start = rows[1];
            let own = |x| g.slice(x, 0, rows[0], rows[1]);
            let linear = ir::Linear { transposed: false, activation: None };
            let y = g.apply_linear(linear, of[part], own(weight), bias.map(own));
            split(g, y, head_dim)
        })
    }

    /// `[batch, length, …]` → for each number of heads `[batch, heads, length, head_dim]`
    fn project(
        &self,
        g: &Scope,
        path: &str,
        x: Value,
        heads: &[usize],
        head_dim: usize,
        bias: bool,
    ) -> Vec<Value> {
        let all: usize = heads.iter().sum();
        let layer = Linear { bias, transposed: self.transposed, ..Linear::new(x, all * head_dim) };
        let y = split(g, layer.build(&g.at(path)), head_dim);
        if heads.len() == 1 {
            return vec![y];
        }
        let parts = heads.iter().scan(0, |start, heads| {
            let part = *start..*start + heads;
            *start = part.end;
            Some(g.slice(y, 1, part.start, part.end))
        });
        parts.collect()
    }

    /// `[batch, heads, length, head_dim]` with the norm at the scope's path.
    fn normalize(&self, g: &Scope, x: Value) -> Value {
        let (eps, offset) = (self.qk_norm_eps, self.qk_norm_offset);
        let [batch, heads, length, width] = &g.shape(x)[..] else { return x };
        match self.qk_norm {
            QkNorm::None => x,
            QkNorm::Head => RmsNorm { offset, ..RmsNorm::new(x, eps) }.build(g),
            QkNorm::Heads => {
                let [split, merged] = [
                    vec![batch.clone(), length.clone(), heads.clone(), width.clone()],
                    vec![batch.clone(), length.clone(), heads.clone() * width.clone()],
                ];
                let rows = g.reshape(g.transpose(x, &[0, 2, 1, 3]), &merged);
                let rows = RmsNorm { offset, ..RmsNorm::new(rows, eps) }.build(g);
                g.transpose(g.reshape(rows, &split), &[0, 2, 1, 3])
            }
            QkNorm::LayerNorms => {
                let (Some(heads), Some(width)) = (heads.as_size(), width.as_size()) else { return x };
                let weight =
                    g.reshape(g.param("weight", &[heads, width]), &[heads.into(), 1.into(), width.into()]);
                g.mul(g.apply_layer_norm(x, None, None, eps), weight)
            }
        }
    }

    fn rotate(&self, g: &Scope, x: Value) -> Value {
        let rotary = ir::Rotary { pairs: self.rope_pairs };
        self.rope.map_or(x, |rope| g.apply_rotary(rotary, x, rope.cos, rope.sin))
    }
}

/// `[batch, length, heads · head_dim]` → `[batch, heads, length, head_dim]`
fn split(g: &Scope, x: Value, head_dim: usize) -> Value {
    let Some(width) = fixed_width(g, x) else { return x };
    let heads: Dim = (width / head_dim.max(1)).into();
    let split = [g.dim(x, 0), g.dim(x, 1), heads, head_dim.into()];
    g.transpose(g.reshape(x, &split), &[0, 2, 1, 3])
}
