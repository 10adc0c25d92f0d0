//! Specs that have facts: which of them are wanted, and their modules.

use std::collections::{BTreeMap, BTreeSet};

use quote::quote;

use crate::decode::{Decode, Text};
use crate::emit::{self, Module, emit_listed};
use crate::error::Errors;
use crate::index::ListedEntry;
use crate::lower::{Listed, lower_listing};
use crate::source::Node;
use crate::spec::Listing;

/// Whether a file has facts but no architecture.
pub(crate) fn is_listing(node: &Node) -> bool {
    node.get("facts").is_some() && node.get("architecture").is_none() && node.get("extends").is_none()
}

/// What is emitted of facts.
#[derive(Debug, Default)]
pub(crate) struct Listings {
    pub modules: Vec<Module>,
    /// Model types; the other modules are parts of their configs.
    pub model_types: BTreeMap<String, ListedEntry>,
}

/// Emits the facts of the wanted types, and of what their configs nest. `glossary` has a line for names of fields.
pub(crate) fn emit_listings(
    nodes: &BTreeMap<String, Node>,
    glossary: Option<&Node>,
    wanted: &dyn Fn(&str, Option<&str>) -> bool,
    runtime: &str,
    errors: &mut Errors,
) -> Listings {
    let docs = |name: &str| glossary?.get(name)?.as_str().map(str::to_owned);
    let paths = |model_type: &str| {
        let name = crate::lower::ident(&emit::module_name(model_type));
        nodes.get(model_type).and_then(|node| node.get("facts")).map(|_| quote!(super::#name))
    };
    let modality = |node: &Node| node.get("modality").and_then(Node::as_str).map(str::to_owned);
    let with_facts = nodes.iter().filter(|(_, node)| node.get("facts").is_some());
    let mut waiting: Vec<&str> = with_facts
        .filter(|(model_type, node)| wanted(model_type, modality(node).as_deref()))
        .map(|(model_type, _)| model_type.as_str())
        .collect();
    let mut listed: BTreeMap<&str, Listed> = BTreeMap::new();
    while let Some(model_type) = waiting.pop() {
        if listed.contains_key(model_type) {
            continue;
        }
        let Some((model_type, node)) = nodes.get_key_value(model_type) else { continue };
        let Some(listing) = decode(node, errors) else { continue };
        let found = lower_listing(listing, &docs, &paths, errors);
        let nests: BTreeSet<&str> =
            nodes.keys().map(String::as_str).filter(|name| found.nests.contains(*name)).collect();
        waiting.extend(nests);
        listed.insert(model_type, found);
    }
    let is_type = |listed: &&Listed| listed.listing.class.is_some();
    Listings {
        modules: listed.values().map(|listed| emit_listed(listed, runtime)).collect(),
        model_types: listed
            .values()
            .filter(is_type)
            .map(|listed| (listed.listing.model_type.text.clone(), ListedEntry::new(listed)))
            .collect(),
    }
}

/// The facts of a file; of one with an architecture, those beside it.
fn decode(node: &Node, errors: &mut Errors) -> Option<Listing> {
    if is_listing(node) {
        return Listing::decode(node, errors);
    }
    let text = |key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
    let model_type = node.get("model_type").and_then(|node| Text::decode(node, errors))?;
    // What is wrong with the rest of the spec is reported when that is decoded.
    let modality = node.get("modality").and_then(|node| Decode::decode(node, &mut Errors::default()));
    let facts = node.get("facts").and_then(|facts| Decode::decode(facts, errors))?;
    let (title, class, prefix) = (text("title"), text("class"), text("prefix"));
    Some(Listing { schema: None, model_type, title, modality, class, prefix, facts, at: node.at.clone() })
}
