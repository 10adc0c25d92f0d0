//! What the facts of a type refer to.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::module_name;
use crate::lower::expr::{Checked, ident};
use crate::source::Node;

/// The files beside the one that the facts stand in, and where its config is emitted.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// Every file, by model type.
    pub nodes: &'a BTreeMap<String, Node>,
    /// A line for names of fields.
    pub glossary: Option<&'a Node>,
    /// Whether the config is in a module beside `configs`, not in one of those in there.
    pub is_beside: bool,
}

impl Surroundings<'_> {
    /// A line about fields called `name`.
    pub(super) fn doc(&self, name: &str) -> String {
        let line = self.glossary.and_then(|glossary| glossary.get(name)?.as_str());
        line.map_or_else(|| format!("`{name}`"), str::to_owned)
    }

    /// The module of the config of a type.
    pub(super) fn path(&self, model_type: &str) -> Checked<TokenStream> {
        let name = ident(&module_name(model_type));
        let has_facts = self.nodes.get(model_type).is_some_and(|node| node.get("facts").is_some());
        match (has_facts, self.is_beside) {
            (false, _) => Err(format!("there is no config of type {model_type:?}")),
            (true, true) => Ok(quote!(super::configs::#name)),
            (true, false) => Ok(quote!(super::#name)),
        }
    }
}
