//! Expansion: a checked attribute to code.
//!
//! The bulk is in the library; what is emitted are names, types and calls, so that `cargo expand` shows something
//! that can be read.

pub mod definition;
mod docs;
mod harness;
mod item;
mod methods;
mod types;

use proc_macro2::TokenStream;
use quote::quote;

use crate::attribute::Attribute;
use crate::check::Skill;
use types::Types;

/// The struct with its handle, what it is, its methods and its tests.
pub fn expand(attribute: &Attribute, skill: &Skill) -> TokenStream {
    let types = Types::of(attribute, skill);
    let item = item::expand(attribute, skill, &types);
    let definition = definition::expand(attribute, skill, &types);
    let methods = methods::expand(attribute, skill, &types);
    let harness = skill.tests.then(|| harness::expand(attribute, skill));
    quote! {
        #item
        #definition
        #methods
        #harness
    }
}
