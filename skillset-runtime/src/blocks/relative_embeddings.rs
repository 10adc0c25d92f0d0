//! Embeddings of relative positions.

use super::LayerNorm;
use crate::ir::{Scope, Value};

/// The table of relative positions of a DeBERTa encoder (arXiv:2006.03654), where it has one.
///
/// Parameters: `rel_embeddings.weight`, `[2 · span, width]`, and `LayerNorm` where the table is normalised.
#[derive(Clone, Debug)]
pub struct RelativeEmbeddings {
    /// Whether positions are relative.
    pub exist: bool,
    /// Rows for distances to one side.
    pub span: usize,
    /// Width of a row.
    pub width: usize,
    /// Added to the variance by the layer norm; none: rows are not normalised.
    pub norm_eps: Option<f64>,
}

impl RelativeEmbeddings {
    /// Rows as they are.
    pub fn new(exist: bool, span: usize, width: usize) -> Self {
        Self { exist, span, width, norm_eps: None }
    }

    /// Adds the table, `[2 · span, width]`.
    pub fn build(self, g: &Scope) -> Option<Value> {
        self.exist.then(|| {
            let table = g.at("rel_embeddings").param("weight", &[2 * self.span, self.width]);
            self.norm_eps.map_or(table, |eps| LayerNorm::new(table, eps).build(&g.at("LayerNorm")))
        })
    }
}
