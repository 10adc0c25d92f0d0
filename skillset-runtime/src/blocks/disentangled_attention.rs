//! Attention to contents and to relative positions apart.

use super::Linear;
use super::linear::fixed_width;
use crate::ir::{self, Dim, Scope, Value};

/// Attention in which contents and relative positions have projections of their own (DeBERTa, arXiv:2006.03654).
///
/// Follows transformers' `DisentangledSelfAttention`, output projection excluded. Parameters: `query_proj`, `key_proj`,
/// `value_proj`; and for positions `pos_key_proj`, `pos_query_proj` unless they share those.
#[derive(Clone, Debug)]
pub struct DisentangledAttention {
    /// `[batch, sequence, width]`
    pub of: Value,
    /// Heads.
    pub heads: usize,
    /// Which tokens see which, `bool[batch, 1, sequence, sequence]`; none: all see all. A token that sees none sees
    /// all alike.
    pub mask: Option<Value>,
    /// Embeddings of relative positions, `[2 · span, width]`; none: positions have no part in scores.
    pub relative: Option<Value>,
    /// For each query and key the row of `relative`, `i64[sequence, sequence]`.
    pub rows: Option<Value>,
    /// Whether queries attend to positions.
    pub content_to_position: bool,
    /// Whether positions attend to keys.
    pub position_to_content: bool,
    /// Whether positions have the projections of contents.
    pub shared: bool,
}

impl DisentangledAttention {
    /// Attention to contents.
    pub fn new(of: Value, heads: usize) -> Self {
        Self {
            of,
            heads,
            mask: None,
            relative: None,
            rows: None,
            content_to_position: false,
            position_to_content: false,
            shared: false,
        }
    }

    /// Adds the attention; the result has the shape of `of`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        if self.heads == 0 || !width.is_multiple_of(self.heads) {
            g.fail(format_args!("a width of {width} is not a multiple of {} heads", self.heads));
            return self.of;
        }
        let head_dim = width / self.heads;
        let project = |path: &str, x| {
            let split = [g.dim(x, 0), g.dim(x, 1), self.heads.into(), head_dim.into()];
            g.transpose(g.reshape(Linear::new(x, width).build(&g.at(path)), &split), &[0, 2, 1, 3])
        };
        let [query, key, value] = ["query_proj", "key_proj", "value_proj"].map(|path| project(path, self.of));

        let terms = 1 + usize::from(self.content_to_position) + usize::from(self.position_to_content);
        let scale = ((head_dim * terms) as f64).powf(-0.5);
        let mut bias = None;
        if let Some((relative, rows)) = self.relative.zip(self.rows) {
            let relative = g.unsqueeze(relative, 0);
            let mut add = |scores| bias = Some(bias.map_or(scores, |bias| g.add(bias, scores)));
            if self.content_to_position {
                let positions = project(if self.shared { "key_proj" } else { "pos_key_proj" }, relative);
                add(picked(g, query, positions, rows));
            }
            if self.position_to_content {
                let positions = project(if self.shared { "query_proj" } else { "pos_query_proj" }, relative);
                let scores = picked(g, key, positions, g.transpose(rows, &[1, 0]));
                add(g.transpose(scores, &[0, 1, 3, 2]));
            }
            bias = bias.map(|bias| g.mul(bias, scale));
        }
        let bias = match (self.mask, bias) {
            (Some(mask), bias) => {
                let seen = bias.unwrap_or_else(|| g.mul(g.to_float(mask), 0.0));
                Some(g.where_(mask, seen, f64::from(f32::MIN)))
            }
            (None, bias) => bias,
        };

        let attention = ir::Attention {
            scale,
            causal: false,
            window: None,
            softcap: None,
            bias: bias.is_some(),
            key_mask: false,
        };
        let context = g.apply_attention(attention, [query, key, value], bias, None);
        let merged: [Dim; 3] = [g.dim(self.of, 0), g.dim(self.of, 1), width.into()];
        g.reshape(g.transpose(context, &[0, 2, 1, 3]), &merged)
    }
}

/// Products of contents `[batch, heads, length, head_dim]` with the positions `[1, heads, 2 · span, head_dim]` that
/// `rows` (`[length, others]`) names: `[batch, heads, length, others]`.
fn picked(g: &Scope, contents: Value, positions: Value, rows: Value) -> Value {
    let products = g.matmul(contents, g.transpose(positions, &[0, 1, 3, 2]));
    let shape = [g.dim(contents, 0), g.dim(contents, 1), g.dim(rows, 0), g.dim(rows, 1)];
    g.gather_elements(products, -1, g.expand(rows, &shape))
}
