//! Harvested config fields.

mod derived;
mod kind;
mod literal;
mod surroundings;

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use crate::decode::{Table, Text};
use crate::error::Errors;
use crate::spec::{Fact, Facts};

use super::config::{Config, Field, common_type};
use super::expr::{Checked, ident};

use derived::lower_derived;
use kind::Kind;
pub(crate) use literal::{json_or_empty, literal};

pub(crate) use surroundings::Surroundings;

/// Adds the harvested fields to `config` that it lacks.
pub(crate) fn lower_facts(facts: &Facts, config: &mut Config, around: Surroundings<'_>, errors: &mut Errors) {
    let known: BTreeSet<String> = config.fields.iter().map(|field| field.key.clone()).collect();
    for (name, fact) in facts.config.iter().filter(|(name, _)| !known.contains(&name.text)) {
        let lowered = match common_type(&name.text) {
            Some(_) => common_default(name, fact).map(|default| config.common.extend(default)),
            None => lower_fact(name, fact, around).map(|field| config.fields.push(field)),
        };
        if let Err(message) = lowered {
            errors.push(&fact.kind.at, message);
        }
    }
    for (name, fact) in facts.config.iter() {
        match (lower_derived(config, &name.text, fact), &fact.derived) {
            (Ok(statement), _) => config.derived.extend(statement),
            (Err(message), rule) => errors.push(rule.as_ref().map_or(&fact.at, |rule| &rule.at), message),
        }
        for key in fact.replaced_by.iter().flatten() {
            config.replacing.push((key.clone(), name.text.clone()));
        }
    }
}

/// What a missing field means: JSON, or words for where it comes from.
pub(crate) fn default_text(fact: &Fact) -> String {
    Kind::parse(&fact.kind.text).default_text(fact)
}

/// The types that the config nests.
pub(crate) fn nested_types(facts: &Facts) -> BTreeSet<String> {
    facts
        .config
        .iter()
        .filter_map(|(_, fact)| Kind::parse(&fact.kind.text).nested().map(str::to_owned))
        .collect()
}

fn lower_fact(name: &Text, fact: &Fact, around: Surroundings<'_>) -> Checked<Field> {
    let (kind, key) = (Kind::parse(&fact.kind.text), &name.text);
    Ok(Field {
        rust_type: kind.rust_type(around)?,
        read: kind.read(key, fact, around)?,
        // Rust wants no capitals: `conv_L_cache` is `conv_l_cache`.
        ident: ident(&key.to_lowercase()),
        key: key.clone(),
        doc: around.doc(key),
        aliases: aliases(key, fact),
    })
}

/// Other keys of the field, and keys of its entries that stand beside it.
fn aliases(key: &str, fact: &Fact) -> Vec<(String, String)> {
    let names = fact.aliases.iter().flatten().map(|alias| (alias.clone(), key.to_owned()));
    let entries = fact.beside.iter().flat_map(Table::iter);
    names.chain(entries.map(|(alias, entry)| (alias.text.clone(), entry.text.clone()))).collect()
}

/// What a missing common field means to the type.
fn common_default(name: &Text, fact: &Fact) -> Checked<Option<(syn::Ident, TokenStream)>> {
    let Some(default) = &fact.default else { return Ok(None) };
    let common = common_type(&name.text).unwrap_or_default();
    let value = literal(default, common.trim_end_matches('?'))?;
    let value = if common.ends_with('?') { quote!(Some(#value)) } else { value };
    Ok(Some((ident(&name.text), value)))
}
