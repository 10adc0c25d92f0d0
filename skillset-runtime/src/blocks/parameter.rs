//! A parameter as it is.

use crate::ir::{Scope, Value};

/// The parameter at this path itself, such as the scale of logits (`"at": "logit_scale"`).
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Sizes of the axes; none: a number.
    pub shape: Vec<usize>,
    /// The full checkpoint name of the tensor that it is unless the checkpoint stores it apart; none: it is not tied.
    pub tied_to: Option<&'static str>,
}

impl Parameter {
    /// A parameter of that shape.
    pub fn new(shape: &[usize]) -> Self {
        Self { shape: shape.to_vec(), tied_to: None }
    }

    /// Adds the parameter.
    pub fn build(self, g: &Scope) -> Value {
        match self.tied_to {
            Some(target) => g.tied_param("", &self.shape, target),
            None => g.param("", &self.shape),
        }
    }
}
