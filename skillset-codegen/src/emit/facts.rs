//! A module of facts: the whole `Config` of a type as transformers knows it, and `METADATA`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::decode::Table;
use crate::lower::{default_text, ident};
use crate::source::{Data, Node};

use super::Listed;
use super::config::emit_config;
use super::metadata::option;

/// The code of the module.
pub(super) fn emit_facts(listed: &Listed<'_>, runtime: &str) -> TokenStream {
    let metadata = emit_metadata(listed);
    let (elsewhere, here) = if listed.is_described {
        let name = ident(&super::module_name(&listed.listing.model_type.text));
        (quote!(pub use super::super::#name::Config;), quote!())
    } else {
        (quote!(), emit_config(listed.config))
    };
    let body = quote!(#here #metadata);
    let imports = super::imports::emit_imports(&body, runtime);
    quote!(#elsewhere #imports #body)
}

fn emit_metadata(listed: &Listed<'_>) -> TokenStream {
    let listing = listed.listing;
    let model_type = &listing.model_type.text;
    let (title, class) = (option(listing.title.as_deref()), option(listing.class.as_deref()));
    let prefix = option(listing.prefix.as_deref());
    let modality = match listing.modality {
        Some(modality) => {
            let modality = ident(&format!("{modality:?}"));
            quote!(Some(Modality::#modality))
        }
        None => quote!(None),
    };
    let tasks = listing.facts.tasks.iter().flat_map(Table::iter).flat_map(|(task, classes)| {
        let task = &task.text;
        class_names(classes).into_iter().map(move |class| quote!((#task, #class)))
    });
    let processors = listing.facts.processors.iter().flat_map(Table::iter).map(|(kind, class)| {
        let (kind, class) = (&kind.text, &class.text);
        quote!((#kind, #class))
    });
    let field = |key: &str| listed.config.fields.iter().find(|field| field.key == key);
    let fields = listing.facts.config.iter().map(|(name, fact)| {
        let (name, kind, default) = (&name.text, &fact.kind.text, default_text(fact));
        let doc = field(name).map_or("", |field| &field.doc);
        quote!(FieldInfo { name: #name, kind: #kind, default: #default, doc: #doc })
    });
    let aliases = listed.config.fields.iter().flat_map(|field| &field.aliases);
    let aliases = aliases.map(|(alias, name)| quote!((#alias, #name)));
    let doc = format!(" What transformers says of {}.", listing.name());
    quote! {
        #[doc = #doc]
        pub static METADATA: Metadata = Metadata {
            model_type: #model_type,
            title: #title,
            modality: #modality,
            class: #class,
            prefix: #prefix,
            tasks: &[#(#tasks),*],
            processors: &[#(#processors),*],
            fields: &[#(#fields),*],
            aliases: &[#(#aliases),*],
            config: |r| Config::read(r).map(|config| ToJson::to_json(&config)),
        };
    }
}

fn class_names(classes: &Node) -> Vec<&str> {
    match &classes.data {
        Data::Array(names) => names.iter().filter_map(Node::as_str).collect(),
        _ => classes.as_str().into_iter().collect(),
    }
}
