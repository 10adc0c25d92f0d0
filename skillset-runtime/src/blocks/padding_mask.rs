//! Which tokens are real.

use crate::ir::{Scope, Value};

/// A key mask for attention from an `attention_mask`.
#[derive(Clone, Debug)]
pub struct PaddingMask {
    /// `i64[batch, length]`, 0 where a token is padding; none: every token is real.
    pub of: Option<Value>,
}

impl PaddingMask {
    /// A mask.
    pub fn new(of: Option<Value>) -> Self {
        Self { of }
    }

    /// Adds the mask: `bool[batch, length]`, true where a token is real.
    pub fn build(self, g: &Scope) -> Option<Value> {
        self.of.map(|mask| g.not_equal(mask, 0.0))
    }
}

/// Which tokens see which, from an `attention_mask`: real ones see each other, padding sees nothing.
#[derive(Clone, Debug)]
pub struct PairMask {
    /// `i64[batch, length]`, 0 where a token is padding; none: every token is real.
    pub of: Option<Value>,
}

impl PairMask {
    /// A mask.
    pub fn new(of: Option<Value>) -> Self {
        Self { of }
    }

    /// Adds the mask: `bool[batch, 1, length, length]`, true where a query sees a key.
    pub fn build(self, g: &Scope) -> Option<Value> {
        let real = g.unsqueeze(PaddingMask::new(self.of).build(g)?, 1);
        Some(g.and(g.unsqueeze(real, 3), g.unsqueeze(real, 2)))
    }
}
