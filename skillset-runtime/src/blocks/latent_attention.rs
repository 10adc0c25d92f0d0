//! Attention whose keys and values are made of short latent vectors.

use super::linear::fixed_width;
use super::{Linear, RmsNorm, Rope};
use crate::ir::{self, Dim, RotaryPairs, Scope, Value};

/// Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434).
///
/// A token's keys and values of all heads are made of one latent vector and a rotated key that heads share; these two
/// are what is kept between runs. A graph with a cache compares queries with the latents themselves (the paper's
/// absorbed form), so that a step does not make keys and values of all that came before; any other makes them.
#[derive(Clone, Debug)]
pub struct LatentAttention {
    /// Queries, keys and values come from this, `[batch, sequence, width]`.
    pub of: Value,
    /// Heads.
    pub heads: usize,
    /// Width of a latent vector.
    pub latent_dim: usize,
    /// Width of a query or key without position.
    pub plain_dim: usize,
    /// Width of a query or key that rotates.
    pub rope_dim: usize,
    /// Width of a value.
    pub value_dim: usize,
    /// Rotation of queries and keys by position.
    pub rope: Rope,
    /// Which channels rotate together.
    pub rope_pairs: RotaryPairs,
    /// Width of the vector that queries are made of; none: they are projected at once.
    pub query_latent_dim: Option<usize>,
    /// True where a key is real, `bool[batch, length]`; none: all are.
    pub mask: Option<Value>,
    /// Added to the scores, broadcastable to `[batch, heads, sequence, length]`.
    pub bias: Option<Value>,
    /// A token sees only those up to itself.
    pub causal: bool,
    /// The layer under which latents are kept between runs; none: never.
    pub cache: Option<usize>,
    /// Factor of the scores; none: one over the root of the width of queries.
    pub scale: Option<f64>,
    /// Whether the projections from and to `of`'s width have biases; those of queries that are projected at once do not.
    pub projection_bias: bool,
    /// Added to the mean square by the norms of latents.
    pub norm_eps: f64,
}

impl LatentAttention {
    /// Unmasked self-attention without biases.
    pub fn new(
        of: Value,
        heads: usize,
        latent_dim: usize,
        plain_dim: usize,
        rope_dim: usize,
        value_dim: usize,
        rope: Rope,
    ) -> Self {
        Self {
            of,
            heads,
            latent_dim,
            plain_dim,
            rope_dim,
            value_dim,
            rope,
            rope_pairs: RotaryPairs::default(),
            query_latent_dim: None,
            mask: None,
            bias: None,
            causal: false,
            cache: None,
            scale: None,
            projection_bias: false,
            norm_eps: 1e-6,
        }
    }

    /// Adds the attention; the result has the shape of `of`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        let queries = self.queries(g);
        let latents = self.latents(g);
        let context = match self.cache.filter(|_| g.request().cache) {
            Some(layer) => self.attend_to_latents(g, queries, g.cached(layer, "key", latents)),
            None => self.attend_to_keys(g, queries, latents),
        };
        let [batch, sequence] = [g.dim(self.of, 0), g.dim(self.of, 1)];
        let merged = [batch, sequence, (self.heads * self.value_dim).into()];
        let merged = g.reshape(g.transpose(context, &[0, 2, 1, 3]), &merged);
        Linear { bias: self.projection_bias, ..Linear::new(merged, width) }.build(&g.at("o_proj"))
    }

    /// Queries without position and rotated ones, `[batch, heads, sequence, …]`.
    fn queries(&self, g: &Scope) -> [Value; 2] {
        let query_dim = self.plain_dim + self.rope_dim;
        let project = |x, path: &str| {
            Linear { bias: false, ..Linear::new(x, self.heads * query_dim) }.build(&g.at(path))
        };
        let queries = match self.query_latent_dim {
            Some(rank) => {
                let latent = Linear { bias: self.projection_bias, ..Linear::new(self.of, rank) };
                let latent = RmsNorm::new(latent.build(&g.at("q_a_proj")), self.norm_eps);
                project(latent.build(&g.at("q_a_layernorm")), "q_b_proj")
            }
            None => project(self.of, "q_proj"),
        };
        let queries = self.by_head(g, queries, query_dim);
        let rotated = g.slice(queries, 3, self.plain_dim, query_dim);
        [g.slice(queries, 3, 0, self.plain_dim), self.rotate(g, rotated)]
    }

    /// Latents with the rotated keys behind them, `[batch, 1, sequence, latent_dim + rope_dim]`.
    fn latents(&self, g: &Scope) -> Value {
        let [latent, rope] = [self.latent_dim, self.rope_dim];
        let both = Linear { bias: self.projection_bias, ..Linear::new(self.of, latent + rope) };
        let both = both.build(&g.at("kv_a_proj_with_mqa"));
        let latents = RmsNorm::new(g.slice(both, 2, 0, latent), self.norm_eps).build(&g.at("kv_a_layernorm"));
        let rotated = self.rotate(g, g.unsqueeze(g.slice(both, 2, latent, latent + rope), 1));
        g.concat(g.unsqueeze(latents, 1), rotated, 3)
    }

    /// Attention to keys and values that are made of latents.
    fn attend_to_keys(&self, g: &Scope, [plain, rotated]: [Value; 2], latents: Value) -> Value {
        let [plain_dim, latent_dim] = [self.plain_dim, self.latent_dim];
        let both_dim = plain_dim + self.value_dim;
        let vectors = g.squeeze(g.slice(latents, 3, 0, latent_dim), 1);
        let both = Linear { bias: false, ..Linear::new(vectors, self.heads * both_dim) };
        let both = self.by_head(g, both.build(&g.at("kv_b_proj")), both_dim);
        let shared = g.slice(latents, 3, latent_dim, latent_dim + self.rope_dim);
        let of_each_head: [Dim; 4] =
            [g.dim(latents, 0), self.heads.into(), g.dim(latents, 2), self.rope_dim.into()];
        let key = g.concat(g.slice(both, 3, 0, plain_dim), g.expand(shared, &of_each_head), 3);
        let value = g.slice(both, 3, plain_dim, both_dim);
        self.attend(g, [g.concat(plain, rotated, 3), key, value])
    }

    /// Attention to the latents, which are the one key that all heads share: what would make a head's keys and values
    /// of them is applied to its query and its result instead.
    fn attend_to_latents(&self, g: &Scope, [plain, rotated]: [Value; 2], latents: Value) -> Value {
        let [heads, both_dim] = [self.heads, self.plain_dim + self.value_dim];
        let weight = g.at("kv_b_proj").param("weight", &[heads * both_dim, self.latent_dim]);
        let weight = g.reshape(weight, &[heads.into(), both_dim.into(), self.latent_dim.into()]);
        let to_key = g.slice(weight, 1, 0, self.plain_dim);
        let to_value = g.transpose(g.slice(weight, 1, self.plain_dim, both_dim), &[0, 2, 1]);
        let query = g.concat(per_head(g, plain, to_key), rotated, 3);
        let value = g.slice(latents, 3, 0, self.latent_dim);
        per_head(g, self.attend(g, [query, latents, value]), to_value)
    }

    fn attend(&self, g: &Scope, operands: [Value; 3]) -> Value {
        let query_dim = self.plain_dim + self.rope_dim;
        let attention = ir::Attention {
            scale: self.scale.unwrap_or_else(|| (query_dim as f64).powf(-0.5)),
            causal: self.causal,
            window: None,
            softcap: None,
            bias: self.bias.is_some(),
            key_mask: self.mask.is_some(),
        };
        g.apply_attention(attention, operands, self.bias, self.mask)
    }

    /// `[batch, sequence, heads · width]` → `[batch, heads, sequence, width]`
    fn by_head(&self, g: &Scope, x: Value, width: usize) -> Value {
        let split: [Dim; 4] = [g.dim(x, 0), g.dim(x, 1), self.heads.into(), width.into()];
        g.transpose(g.reshape(x, &split), &[0, 2, 1, 3])
    }

    fn rotate(&self, g: &Scope, x: Value) -> Value {
        g.apply_rotary(ir::Rotary { pairs: self.rope_pairs }, x, self.rope.cos, self.rope.sin)
    }
}

/// `[batch, heads, sequence, in]` times a matrix a head, `[heads, in, out]`, which is not copied for a batch.
fn per_head(g: &Scope, x: Value, weight: Value) -> Value {
    let [batch, heads, sequence, inner] = &g.shape(x)[..] else { return x };
    let rows = [heads.clone(), batch.clone() * sequence.clone(), inner.clone()];
    let product = g.matmul(g.reshape(g.transpose(x, &[1, 0, 2, 3]), &rows), weight);
    let split = [heads.clone(), batch.clone(), sequence.clone(), g.dim(weight, -1)];
    g.transpose(g.reshape(product, &split), &[1, 0, 2, 3])
}
