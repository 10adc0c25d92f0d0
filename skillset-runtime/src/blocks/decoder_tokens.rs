//! What a decoder behind an encoder reads.

use crate::ir::{Dim, Literal, LiteralData, Scope, Value};

/// Token ids of a decoder: those that the caller gives; else those of the encoder, moved by one position behind the token
/// that texts start with, as transformers' classifiers do.
#[derive(Clone, Debug)]
pub struct DecoderTokens {
    /// Ids that the caller gave, `i64[batch, sequence]`; they win.
    pub of: Option<Value>,
    /// Ids that the encoder reads, `i64[batch, source]`.
    pub source: Option<Value>,
    /// The token in front of those.
    pub start: Option<i64>,
}

impl DecoderTokens {
    /// The given ids.
    pub fn new(of: Option<Value>) -> Self {
        Self { of, source: None, start: None }
    }

    /// Adds the move, if one is needed. Where there is nothing to move, that is a mistake of graphs that need the ids.
    pub fn build(self, g: &Scope) -> Value {
        if let Some(given) = self.of {
            return given;
        }
        let (Some(source), Some(start)) = (self.source, self.start) else {
            return g.missing(
                "decoder_input_ids are not given, and there are no input_ids or no decoder_start_token_id to make them of",
            );
        };
        let (batch, length) = (g.dim(source, 0), g.dim(source, 1));
        let start = Literal { shape: vec![1, 1], data: LiteralData::I64([start].into()) };
        let start = g.expand(g.constant(start), &[batch, Dim::from(1)]);
        g.concat(start, g.slice(source, 1, 0, length - Dim::from(1)), 1)
    }
}
