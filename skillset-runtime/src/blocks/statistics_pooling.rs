//! A vector for a sequence of any length.

use crate::ir::{Compare, Scope, Unary, Value};

/// Mean and standard deviation over the frames of a sequence (x-vectors, doi:10.1109/ICASSP.2018.8461375).
#[derive(Clone, Debug)]
pub struct StatisticsPooling {
    /// Frames, `[batch, length, width]`.
    pub of: Value,
    /// How many frames of each sequence are real, `i64[batch]`; none, or more than there are: all.
    pub lengths: Option<Value>,
}

impl StatisticsPooling {
    /// Pooling of whole sequences.
    pub fn new(of: Value) -> Self {
        Self { of, lengths: None }
    }

    /// Adds means and deviations, `[batch, 2 · width]`.
    pub fn build(self, g: &Scope) -> Value {
        let length = g.dim(self.of, 1);
        let lengths = self.lengths.map(|lengths| g.min(lengths, g.size(length.clone())));
        let real = lengths.map(|lengths| {
            let places = g.unsqueeze(g.iota(0, length.clone()), 0);
            g.unsqueeze(g.compare(Compare::Less, places, g.unsqueeze(lengths, 1)), 2)
        });
        let count = match lengths {
            Some(lengths) => g.unsqueeze(g.to_float(lengths), 1),
            None => g.to_float(g.size(length)),
        };
        let sum = |x: Value| g.sum(real.map_or(x, |real| g.where_(real, x, 0.0)), 1);
        let mean = g.div(sum(self.of), count);
        let centred = g.sub(self.of, g.unsqueeze(mean, 1));
        let variance = g.div(sum(g.mul(centred, centred)), g.sub(count, 1.0));
        g.concat(mean, g.unary(Unary::Sqrt, variance), 1)
    }
}
