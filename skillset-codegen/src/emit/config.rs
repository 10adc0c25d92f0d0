//! `struct Config` and how it is read.

use proc_macro2::TokenStream;
use quote::quote;

use crate::lower::{Model, ident};

/// The config of a model type.
pub(super) fn emit_config(model: &Model) -> TokenStream {
    let fields = model.fields.iter().map(|field| {
        let (doc, name, ty) = (format!(" {}", field.doc), ident(&field.name), field.rust_type());
        quote!(#[doc = #doc] pub #name: #ty)
    });
    let reads = model.fields.iter().map(|field| {
        let (name, read) = (ident(&field.name), field.read(&model.names));
        quote!(#name: #read)
    });
    let aliases: Vec<TokenStream> = model
        .fields
        .iter()
        .flat_map(|field| field.aliases.iter().map(move |alias| (alias, &field.name)))
        .map(|(alias, name)| quote!((#alias, #name)))
        .collect();
    let aliases = (!aliases.is_empty()).then(|| quote!(let r = &r.clone().alias(&[#(#aliases),*]);));
    let positive: Vec<TokenStream> =
        model.fields.iter().filter_map(|field| field.positive_check(&model.names)).collect();
    let positive = (!positive.is_empty()).then(|| quote!(#(#positive)* r.finish()?;));
    let checks = &model.checks;
    let checks = (!checks.is_empty()).then(|| quote!(#(#checks)* r.finish()?;));
    let doc = format!(" The config of {}.", model.spec.title.text);
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, PartialEq)]
        pub struct Config { #(#fields),* }

        impl Config {
            /// Reads `config.json`.
            ///
            /// # Errors
            /// If a field is missing or has a value that the model cannot have.
            pub fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
                #aliases
                let config = Self { #(#reads),* };
                r.finish()?;
                #positive
                #checks
                Ok(config)
            }
        }
    }
}
