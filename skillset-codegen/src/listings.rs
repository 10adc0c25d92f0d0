//! Specs that have facts: which of them are wanted, and their modules.

use std::collections::BTreeMap;

use crate::decode::Decode;
use crate::emit::{Listed, Module, emit_listed};
use crate::error::Errors;
use crate::index::ListedEntry;
use crate::lower::{Config, Model, Surroundings, lower_facts, nested_types};
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

/// What listings are made of.
pub(crate) struct Sources<'a> {
    pub around: Surroundings<'a>,
    /// The types that have an architecture.
    pub models: &'a BTreeMap<String, Model>,
    /// Whether a type of that modality is wanted.
    pub wanted: &'a dyn Fn(&str, Option<&str>) -> bool,
}

/// Emits the facts of the wanted types, and of what their configs nest.
pub(crate) fn emit_listings(sources: &Sources<'_>, runtime: &str, errors: &mut Errors) -> Listings {
    let nodes = sources.around.nodes;
    let with_facts = nodes.iter().filter(|(_, node)| node.get("facts").is_some());
    let is_wanted = |model_type: &str, node: &Node| {
        // That of a model may be its parent's.
        let modality = match sources.models.get(model_type) {
            Some(model) => Some(model.spec.modality.folder()),
            None => node.get("modality").and_then(Node::as_str),
        };
        (sources.wanted)(model_type, modality)
    };
    let wanted = with_facts.filter(|(model_type, node)| is_wanted(model_type, node));
    let mut waiting: Vec<String> = wanted.map(|(model_type, _)| model_type.clone()).collect();
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    while let Some(model_type) = waiting.pop() {
        if found.contains_key(&model_type) {
            continue;
        }
        let Some(node) = nodes.get(&model_type) else { continue };
        let listed = match sources.models.get(&model_type) {
            Some(model) => of_model(model, is_wanted(&model_type, node)),
            None if is_listing(node) => of_listing(node, sources.around, errors),
            // What is wrong with its architecture has been reported.
            None => None,
        };
        if let Some(listed) = listed {
            waiting.extend(nested_types(&listed.listing.facts));
            found.insert(model_type, listed);
        }
    }
    let is_type = |(_, found): &(&String, &Found)| found.listing.class.is_some();
    Listings {
        modules: found.values().map(|found| emit_listed(&found.listed(), runtime)).collect(),
        model_types: found
            .iter()
            .filter(is_type)
            .map(|(model_type, found)| (model_type.clone(), ListedEntry::new(&found.listing)))
            .collect(),
    }
}

/// A type whose facts are emitted.
struct Found {
    listing: Listing,
    config: Config,
    /// Whether its config is emitted with an architecture.
    is_described: bool,
}

impl Found {
    fn listed(&self) -> Listed<'_> {
        Listed { listing: &self.listing, config: &self.config, is_described: self.is_described }
    }
}

fn of_listing(node: &Node, around: Surroundings<'_>, errors: &mut Errors) -> Option<Found> {
    let listing = Listing::decode(node, errors)?;
    let mut config = Config { title: listing.name().to_owned(), ..Config::default() };
    lower_facts(&listing.facts, &mut config, around, errors);
    Some(Found { listing, config, is_described: false })
}

/// The facts beside an architecture, which is emitted or not.
fn of_model(model: &Model, is_emitted: bool) -> Option<Found> {
    let spec = &model.spec;
    let listing = Listing {
        schema: None,
        model_type: spec.model_type.clone(),
        title: Some(spec.title.text.clone()),
        modality: Some(spec.modality),
        class: Some(spec.class.text.clone()),
        prefix: spec.prefix.clone(),
        facts: spec.facts.clone()?,
        at: spec.at.clone(),
    };
    // Without a graph nothing is refused.
    let config = Config { nested: vec![], positive: vec![], checks: vec![], ..model.config.clone() };
    Some(Found { listing, config, is_described: is_emitted })
}
