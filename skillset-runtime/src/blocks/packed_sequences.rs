//! Several sequences in one row.

use crate::ir::{DType, Scope, Value};

/// Keeps sequences apart that are packed behind each other in one row, as transformers'
/// `find_packed_sequence_indices` does: wherever positions do not count on by one, another sequence begins.
#[derive(Clone, Debug)]
pub struct PackedSequences {
    /// Positions that the caller gave, `i64[batch, sequence]`; none: a row is one sequence.
    pub of: Option<Value>,
}

impl PackedSequences {
    /// The sequences that positions tell apart.
    pub fn new(of: Option<Value>) -> Self {
        Self { of }
    }

    /// Adds a bias of attention scores, `[batch, 1, sequence, sequence]`: 0 within a sequence, else the lowest
    /// number there is.
    pub fn build(self, g: &Scope) -> Option<Value> {
        self.of.map(|positions| {
            // Every row's first token is compared with itself: a step of 0 begins the first sequence.
            let before = g.max(g.sub(g.iota(0, g.dim(positions, 1)), 1.0), 0.0);
            let step = g.sub(positions, g.gather(positions, 1, before));
            let begins = g.cast(g.not_equal(step, 1.0), DType::I64);
            let sequence = g.cumsum(begins, 1);
            let same = g.equal(g.unsqueeze(sequence, 2), g.unsqueeze(sequence, 1));
            let bias = g.mul(g.sub(g.to_float(same), 1.0), f64::from(f32::MAX));
            g.unsqueeze(bias, 1)
        })
    }
}
