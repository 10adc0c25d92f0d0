//! A parameter as it is.

use crate::ir::{Scope, Value};

/// The parameter at this path itself, such as the scale of logits (`"at": "logit_scale"`).
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Sizes of the axes; none: a number.
    pub shape: Vec<usize>,
}

impl Parameter {
    /// A parameter of that shape.
    pub fn new(shape: &[usize]) -> Self {
        Self { shape: shape.to_vec() }
    }

    /// Adds the parameter.
    pub fn build(self, g: &Scope) -> Value {
        g.param("", &self.shape)
    }
}
