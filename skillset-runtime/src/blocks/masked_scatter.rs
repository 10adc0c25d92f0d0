//! Vectors in place of those at some tokens.

use crate::ir::{DType, Dim, Literal, Scope, Unary, Value};

/// The rows of `source`, one after the other, in place of those where `mask` holds: torch's `masked_scatter`, as models
/// put the features of images where a text has tokens for them.
///
/// Rows of the batch may have different numbers of such tokens. There must be as many rows as tokens: a token more is
/// an error of the run, a row more is not used. Where there is no row at all, nothing is replaced.
#[derive(Clone, Debug)]
pub struct MaskedScatter {
    /// Vectors of tokens, `[batch, sequence, width]`.
    pub of: Value,
    /// Where vectors are replaced, `bool[batch, sequence]`.
    pub mask: Value,
    /// What stands there instead, `[…, width]`.
    pub source: Value,
}

impl MaskedScatter {
    /// The replacement.
    pub fn new(of: Value, mask: Value, source: Value) -> Self {
        Self { of, mask, source }
    }

    /// Adds the replacement; the result is `[batch, sequence, width]`.
    pub fn build(self, g: &Scope) -> Value {
        let shape = g.shape(self.of);
        let (Some(width), [rest @ .., _]) = (shape.last().cloned(), &*g.shape(self.source)) else {
            return self.of;
        };
        let rows = rest.iter().cloned().fold(Dim::from(1), |rows, size| rows * size);
        let tokens = g.dim(self.mask, 0) * g.dim(self.mask, 1);
        let is_empty = g.equal(g.size(rows.clone()), 0.0);
        let mask = g.and(self.mask, g.unary(Unary::Not, is_empty));
        // A row that all tokens look at which are not replaced, so that there is one.
        let unused = g.expand(g.to_float(g.constant(Literal::scalar(0.0))), &[1.into(), width.clone()]);
        let source = g.concat(unused, g.reshape(self.source, &[rows, width]), 0);
        let replaced = g.cast(g.reshape(mask, &[tokens]), DType::I64);
        // The number of each token among those that are replaced.
        let place = g.mul(g.cumsum(replaced, 0), replaced);
        let placed = g.reshape(g.gather(source, 0, place), &shape);
        g.where_(g.unsqueeze(mask, 2), placed, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Builder, Request};

    #[test]
    fn images_of_any_number_replace_tokens() {
        let builder = Builder::new("test", &Request::default());
        let g = builder.root();
        let [batch, sequence, images] = ["batch", "sequence", "images"].map(Dim::symbol);
        let of = g.input("of", DType::F32, &[batch.clone(), sequence.clone(), 3.into()]);
        let mask = g.input("mask", DType::Bool, &[batch, sequence]);
        let source = g.input("source", DType::F32, &[images, 2.into(), 3.into()]);
        g.output("y", MaskedScatter::new(of, mask, source).build(&g));
        let graph = builder.finish().unwrap();
        assert_eq!(graph.fact(graph.outputs[0].value).to_string(), "f32[batch, sequence, 3]");
    }
}
