//! A config as it is emitted, whether facts or a spec say what its fields are.

use proc_macro2::TokenStream;

/// A config, ready to be emitted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    /// The model type in prose.
    pub title: String,
    pub fields: Vec<Field>,
    /// Common fields with a default of their own, and that.
    pub common: Vec<(syn::Ident, TokenStream)>,
    /// Keys that win over a field: those, and the field.
    pub replacing: Vec<(String, String)>,
    /// Statements that compute what was not given from other fields.
    pub derived: Vec<TokenStream>,
    /// Statements that refuse nested configs that there is no graph of.
    pub nested: Vec<TokenStream>,
    /// Statements that refuse values by which something is divided.
    pub positive: Vec<TokenStream>,
    /// Statements that refuse what the architecture does not describe.
    pub checks: Vec<TokenStream>,
}

impl Config {
    /// Whether there are configs of the type that its graphs refuse.
    pub(crate) fn is_refused(&self) -> bool {
        !self.nested.is_empty() || !self.positive.is_empty() || !self.checks.is_empty()
    }
}

/// A field of a config.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// Its key in `config.json`.
    pub key: String,
    pub ident: syn::Ident,
    pub doc: String,
    /// Other keys, each with the field that it stands for.
    pub aliases: Vec<(String, String)>,
    pub rust_type: TokenStream,
    /// The expression that reads it.
    pub read: TokenStream,
}
