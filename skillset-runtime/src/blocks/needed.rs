//! Inputs that may only be left out together with what reads them.

use crate::ir::{Scope, Value};

/// An optional value where it is needed: without it, every graph whose results depend on it is refused.
#[derive(Clone, Debug)]
pub struct Needed {
    /// The value.
    pub of: Option<Value>,
    /// What it is called.
    pub input: &'static str,
}

impl Needed {
    /// The value, called `input`.
    pub fn new(of: Option<Value>, input: &'static str) -> Self {
        Self { of, input }
    }

    /// The value; adds nothing.
    pub fn build(self, g: &Scope) -> Value {
        self.of.unwrap_or_else(|| g.missing(format_args!("{} must be given", self.input)))
    }
}
