//! Errors of one attribute, collected.

use proc_macro2::{Span, TokenStream};
use syn::Error;

/// What is wrong so far; every error is on its own token.
#[derive(Default)]
pub struct Errors(Option<Error>);

impl Errors {
    /// Records an error.
    pub fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            none => *none = Some(error),
        }
    }

    /// Records an error at a place.
    pub fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(Error::new(span, message));
    }

    /// The value, or none with the error recorded.
    pub fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// All errors as `compile_error!` invocations; nothing if there is none.
    pub fn to_compile_errors(&self) -> TokenStream {
        self.0.as_ref().map(Error::to_compile_error).unwrap_or_default()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The messages, in the order in which they were recorded.
    #[cfg(test)]
    pub fn messages(self) -> Vec<String> {
        self.0.into_iter().flatten().map(|error| error.to_string()).collect()
    }
}
