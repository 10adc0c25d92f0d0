//! The author's struct with the skill in it.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::Parser;
use syn::{Field, Fields, FieldsNamed, Ident, ItemStruct, Member, parse_quote};

use super::docs;
use super::types::Types;
use crate::attribute::Attribute;
use crate::check::Skill;
use crate::item::{FIELD, field_name};

/// The struct: the author's, with one more field, the last.
pub fn expand(attribute: &Attribute, skill: &Skill, types: &Types) -> TokenStream {
    let mut item = attribute.item.clone();
    let (krate, pipeline) = (&skill.krate, &types.pipeline);
    let handle = quote!(#krate::Skill<#pipeline>);
    match &mut item.fields {
        Fields::Named(fields) => fields.named.push(named(&handle)),
        Fields::Unnamed(fields) => fields.unnamed.push(parse_quote!(#handle)),
        unit @ Fields::Unit => {
            let mut fields: FieldsNamed = parse_quote!({});
            fields.named.push(named(&handle));
            *unit = Fields::Named(fields);
            item.semi_token = None;
        }
    }
    let doc = docs::of_struct(skill);
    item.attrs.push(parse_quote!(#[doc = #doc]));
    quote!(#item)
}

fn named(handle: &TokenStream) -> Field {
    let field = Ident::new(FIELD, Span::call_site());
    Field::parse_named.parse2(quote!(#field: #handle)).expect("a name and a type are a field")
}

/// Where the skill is in the struct.
pub fn handle(item: &ItemStruct) -> Member {
    match &item.fields {
        Fields::Unnamed(fields) => Member::from(fields.unnamed.len()),
        Fields::Named(_) | Fields::Unit => Ident::new(FIELD, Span::call_site()).into(),
    }
}

/// The author's own fields: the member, the name of the parameter for it, and its type.
pub fn own_fields(item: &ItemStruct) -> impl Iterator<Item = (Member, Ident, &syn::Type)> {
    item.fields.iter().enumerate().map(|(position, field)| {
        let member = field.ident.clone().map_or_else(|| Member::from(position), Member::from);
        (member, field_name(position, field), &field.ty)
    })
}
