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
use crate::check::{Origin, Skill};
use types::Types;

/// The struct with its handle, what it is, its methods and its tests.
pub fn expand(attribute: &Attribute, skill: &Skill) -> TokenStream {
    let types = Types::of(attribute, skill);
    let item = item::expand(attribute, skill, &types);
    let definition = definition::expand(attribute, skill, &types);
    let methods = methods::expand(attribute, skill, &types);
    let tracked = tracked(skill);
    let harness = skill.tests.then(|| harness::expand(attribute, skill));
    quote! {
        #item
        #definition
        #methods
        #tracked
        #harness
    }
}

/// What makes the compiler look again when a spec changes.
fn tracked(skill: &Skill) -> TokenStream {
    let Origin::Own(own) = &skill.origin else { return TokenStream::new() };
    let files = own.spec.files.iter().map(|file| format!("/{file}"));
    quote! {
        #(const _: &[u8] = ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #files));)*
    }
}
