//! The scale of a time series, from what was observed of it.
//!
//! Series differ in size by orders of magnitude; models see them divided by their own scale, as GluonTS has it.

use crate::ir::{Compare, Scope, Value};

/// Mean over time of the values that were observed, `[batch, 1, channels]`; zero where none was.
#[derive(Clone, Debug)]
pub struct ObservedMean {
    /// Values, `[batch, time, channels]`.
    pub of: Value,
    /// Whether each was observed, `bool` of the same shape; none: all were.
    pub observed: Option<Value>,
}

impl ObservedMean {
    /// The mean.
    pub fn new(of: Value, observed: Option<Value>) -> Self {
        Self { of, observed }
    }

    /// Adds the mean.
    pub fn build(self, g: &Scope) -> Value {
        let Observed { values, count } = observed(g, self.of, self.observed);
        g.div(total(g, values), g.max(count, 1.0))
    }
}

/// Standard deviation over time of the values that were observed, `[batch, 1, channels]`.
#[derive(Clone, Debug)]
pub struct ObservedDeviation {
    /// Values, `[batch, time, channels]`.
    pub of: Value,
    /// Whether each was observed, `bool` of the same shape; none: all were.
    pub observed: Option<Value>,
    /// Their mean, `[batch, 1, channels]`.
    pub mean: Value,
    /// Added to the variance.
    pub minimum: f64,
}

impl ObservedDeviation {
    /// The deviation from `mean`.
    pub fn new(of: Value, observed: Option<Value>, mean: Value) -> Self {
        Self { of, observed, mean, minimum: 1e-5 }
    }

    /// Adds the deviation.
    pub fn build(self, g: &Scope) -> Value {
        let Observed { values, count } = observed(g, g.sub(self.of, self.mean), self.observed);
        let variance = g.div(total(g, g.mul(values, values)), g.max(count, 1.0));
        g.pow(g.add(variance, self.minimum), 0.5)
    }
}

/// Mean over time of the sizes of the values that were observed, `[batch, 1, channels]`.
#[derive(Clone, Debug)]
pub struct ObservedMagnitude {
    /// Values, `[batch, time, channels]`.
    pub of: Value,
    /// Whether each was observed, `bool` of the same shape; none: all were.
    pub observed: Option<Value>,
    /// The least that the result is.
    pub minimum: f64,
    /// The result where nothing was observed; none: that of the channel in the whole batch.
    pub default: Option<f64>,
}

impl ObservedMagnitude {
    /// The magnitude.
    pub fn new(of: Value, observed: Option<Value>) -> Self {
        Self { of, observed, minimum: 1e-10, default: None }
    }

    /// Adds the magnitude.
    pub fn build(self, g: &Scope) -> Value {
        let Observed { values, count } = observed(g, self.of, self.observed);
        let sum = total(g, g.unary(crate::ir::Unary::Abs, values));
        let own = g.div(sum, g.max(count, 1.0));
        let other = match self.default {
            Some(default) => g.constant(crate::ir::Literal::scalar(default)),
            None => {
                let (sum, count) = (g.sum(sum, 0), g.max(g.sum(count, 0), 1.0));
                g.unsqueeze(g.div(sum, count), 0)
            }
        };
        let scale = g.where_(g.compare(Compare::Greater, count, 0.0), own, other);
        g.max(scale, self.minimum)
    }
}

/// What was observed.
struct Observed {
    /// The values, zero where they were not.
    values: Value,
    /// How many were, `[batch, 1, channels]`.
    count: Value,
}

fn observed(g: &Scope, values: Value, observed: Option<Value>) -> Observed {
    match observed {
        Some(observed) => {
            let observed = g.to_float(observed);
            Observed { values: g.mul(values, observed), count: total(g, observed) }
        }
        None => {
            let count = g.to_float(g.size(g.dim(values, 1)));
            let shape = [g.dim(values, 0), 1.into(), g.dim(values, 2)];
            Observed { values, count: g.expand(count, &shape) }
        }
    }
}

/// Sum over time, an axis that stays.
fn total(g: &Scope, x: Value) -> Value {
    g.unsqueeze(g.sum(x, 1), 1)
}
