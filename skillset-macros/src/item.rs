//! The struct that the attribute is on.

use proc_macro2::TokenStream;
use syn::{Error, Field, Ident, Item, ItemStruct};

/// The field that the attribute adds to a struct with named fields.
pub const FIELD: &str = "skill";

/// Parses a struct.
///
/// # Errors
/// If it is something else, or has a field of the name that the attribute adds.
pub fn parse(item: TokenStream) -> syn::Result<ItemStruct> {
    let item = match syn::parse2(item.clone()) {
        Ok(Item::Struct(item)) => item,
        Ok(Item::Enum(item)) => return Err(no_struct(&item.ident, "an enum")),
        Ok(Item::Union(item)) => return Err(no_struct(&item.ident, "a union")),
        Ok(Item::Fn(item)) => return Err(no_struct(&item.sig.ident, "a function")),
        Ok(Item::Trait(item)) => return Err(no_struct(&item.ident, "a trait")),
        Ok(Item::Mod(item)) => return Err(no_struct(&item.ident, "a module")),
        _ => return Err(no_struct(item, "something else")),
    };
    match item.fields.iter().filter_map(|field| field.ident.as_ref()).find(|name| *name == FIELD) {
        Some(name) => Err(Error::new(
            name.span(),
            "`skill` is the field that `#[skillset]` adds; name yours differently",
        )),
        None => Ok(item),
    }
}

fn no_struct(tokens: impl quote::ToTokens, found: &str) -> Error {
    let message =
        format!("`#[skillset]` goes on a struct, such as `pub struct MySkill;`, and this is {found}");
    Error::new_spanned(tokens, message)
}

/// The name of a field: its own, or `field_0`, `field_1`, … in a tuple struct.
pub fn field_name(position: usize, field: &Field) -> Ident {
    field.ident.clone().unwrap_or_else(|| quote::format_ident!("field_{position}"))
}
