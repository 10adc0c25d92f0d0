//! `#[derive(Labels)]`: an enum as a classifier's classes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Error, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Variant};

use crate::errors::Errors;

/// A class: its variant, its name, and whether that is the config's to the letter.
struct Class {
    variant: Ident,
    name: LitStr,
    exact: bool,
}

/// The implementation of `skillset::Labels`.
///
/// # Errors
/// Everything that is wrong, together.
pub fn derive(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let expanded = errors.take(syn::parse2(input)).and_then(|input| implementation(&input, &mut errors));
    match expanded {
        Some(expanded) if errors.is_empty() => expanded,
        _ => errors.to_compile_errors(),
    }
}

fn implementation(input: &DeriveInput, errors: &mut Errors) -> Option<TokenStream> {
    let Data::Enum(data) = &input.data else {
        errors.at(
            input.ident.span(),
            "labels are an enum with a variant for each class, such as \
            `enum Sentiment { Negative, Positive }`",
        );
        return None;
    };
    if !input.generics.params.is_empty() {
        errors.push(Error::new_spanned(&input.generics, "labels have no generic parameters"));
    }
    if data.variants.is_empty() {
        errors.at(input.ident.span(), "labels have at least one variant, one for each class");
    }
    let krate = krate(&input.attrs, errors);
    let mut classes: Vec<Class> = vec![];
    for variant in &data.variants {
        check_form(variant, errors);
        let Some(class) = errors.take(class(variant)) else { continue };
        if classes.iter().any(|before| collide(before, &class)) {
            errors.at(class.name.span(), format!("another class is called `{}` already", class.name.value()));
        }
        classes.push(class);
    }
    let name = &input.ident;
    let names = classes.iter().map(|class| &class.name);
    let exact = classes.iter().map(|class| class.exact);
    let variants: Vec<&Ident> = classes.iter().map(|class| &class.variant).collect();
    let ids: Vec<usize> = (0..variants.len()).collect();
    Some(quote! {
        impl #krate::Labels for #name {
            const NAMES: &'static [&'static str] = &[#(#names),*];
            const EXACT: &'static [bool] = &[#(#exact),*];

            fn from_id(id: usize) -> ::core::option::Option<Self> {
                match id {
                    #(#ids => ::core::option::Option::Some(Self::#variants),)*
                    _ => ::core::option::Option::None,
                }
            }

            fn id(self) -> usize {
                match self {
                    #(Self::#variants => #ids,)*
                }
            }
        }
    })
}

fn check_form(variant: &Variant, errors: &mut Errors) {
    if !variant.fields.is_empty() {
        let message = format!("a label has no fields; write `{}`", variant.ident);
        errors.push(Error::new_spanned(&variant.fields, message));
    }
    if let Some((_, discriminant)) = &variant.discriminant {
        let message =
            "a label's class id is its place in the enum; remove the number and order the variants by id";
        errors.push(Error::new_spanned(discriminant, message));
    }
}

/// The class of a variant.
fn class(variant: &Variant) -> syn::Result<Class> {
    let mut given = variant.attrs.iter().filter(|attribute| attribute.path().is_ident("label"));
    let own = LitStr::new(&variant.ident.to_string(), variant.ident.span());
    let Some(attribute) = given.next() else {
        return Ok(Class { variant: variant.ident.clone(), name: own, exact: false });
    };
    if let Some(second) = given.next() {
        return Err(Error::new_spanned(second, "a label has one name; remove this one"));
    }
    let Meta::NameValue(pair) = &attribute.meta else {
        return Err(Error::new_spanned(attribute, "expected `#[label = \"NAME\"]`, the name in `id2label`"));
    };
    match &pair.value {
        Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) => {
            Ok(Class { variant: variant.ident.clone(), name: name.clone(), exact: true })
        }
        other => Err(Error::new_spanned(other, "expected a string, the name in `id2label`")),
    }
}

/// Whether one name in a config could be both.
fn collide(a: &Class, b: &Class) -> bool {
    let (one, other) = (a.name.value(), b.name.value());
    if a.exact && b.exact { one == other } else { one.eq_ignore_ascii_case(&other) }
}

/// The path of `#[labels(crate = path)]`.
fn krate(attributes: &[Attribute], errors: &mut Errors) -> Path {
    let mut krate = syn::parse_quote!(::skillset);
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("labels")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("unknown argument; the only one is `crate = path`"));
            }
            krate = meta.value()?.parse()?;
            Ok(())
        });
        errors.take(parsed);
    }
    krate
}
