//! `struct Config`, how it is read, and how it is written.

use proc_macro2::TokenStream;
use quote::quote;

use crate::lower::{Config, ident};

/// The config of a model type, or of a part of configs.
pub(super) fn emit_config(config: &Config) -> TokenStream {
    let fields = config.fields.iter().map(|field| {
        let (doc, name, ty) = (format!(" {}", field.doc), &field.ident, &field.rust_type);
        quote!(#[doc = #doc] pub #name: #ty)
    });
    let written = config.fields.iter().map(|field| {
        let (key, name) = (&field.key, &field.ident);
        quote!((#key, &self.#name))
    });
    let read = emit_read(config);
    let doc = format!(" The config of {}.", config.title);
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, PartialEq)]
        pub struct Config {
            #(#fields,)*
            /// The fields that every config has.
            pub common: CommonConfig,
            /// What no field above stands for, as the file has it.
            pub extra: JsonMap<String, Json>,
        }

        impl Config { #read }

        impl ToJson for Config {
            fn to_json(&self) -> Json {
                config_to_json(&[#(#written),*], &self.common, &self.extra)
            }
        }
    }
}

fn emit_read(config: &Config) -> TokenStream {
    let reads = config.fields.iter().map(|field| {
        let (name, read) = (&field.ident, &field.read);
        quote!(#name: #read)
    });
    let aliases = pairs("alias", config.fields.iter().flat_map(|field| &field.aliases));
    let replacing = pairs("replacing", config.replacing.iter());
    let defaults = config.common.iter().map(|(name, default)| quote!(#name: #default));
    let common = match config.common.as_slice() {
        [] => quote!(CommonConfig::default()),
        _ => quote!(CommonConfig { #(#defaults,)* ..CommonConfig::default() }),
    };
    let read = quote!(Self { #(#reads,)* common: #common.read(r)?, extra: r.extra() });
    let derived = &config.derived;
    let body = match derived.as_slice() {
        [] => quote!(Ok(#read)),
        _ => quote!(let mut config = #read; #(#derived)* Ok(config)),
    };
    let supported = emit_supported(config, &quote!(#aliases #replacing));
    quote! {
        /// Reads `config.json`.
        ///
        /// # Errors
        /// If a field is missing or has a value that it cannot have.
        pub fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
            let r = &r.tracking()#aliases #replacing;
            #body
        }

        #supported
    }
}

/// How a graph reads the config, if it cannot do with any.
fn emit_supported(config: &Config, spellings: &TokenStream) -> Option<TokenStream> {
    if !config.is_refused() {
        return None;
    }
    // Checks must not look at stand-ins, nor divide by what is not known to be positive.
    let stages =
        [&config.nested, &config.positive, &config.checks].into_iter().filter(|stage| !stage.is_empty());
    let refusals: TokenStream = stages.map(|stage| quote!(r.finish()?; #(#stage)*)).collect();
    let reader = (!spellings.is_empty()).then(|| quote!(let r = &r.clone()#spellings;));
    Some(quote! {
        /// Reads a config that there is a graph of.
        pub(super) fn supported(r: &Reader<'_>) -> Result<Self, ConfigError> {
            let config = Self::read(r)?;
            #reader
            #refusals
            Ok(config)
        }
    })
}

/// A call that tells the reader about keys and the fields that they stand for; none without any.
fn pairs<'a>(method: &str, pairs: impl Iterator<Item = &'a (String, String)>) -> Option<TokenStream> {
    let pairs: Vec<TokenStream> = pairs.map(|(key, field)| quote!((#key, #field))).collect();
    let method = ident(method);
    (!pairs.is_empty()).then(|| quote!(.#method(&[#(#pairs),*])))
}
