//! A module of facts: the whole `Config` of a type as transformers knows it, and `METADATA`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::decode::Table;
use crate::lower::{Listed, ListedField, ident};
use crate::source::{Data, Node};

use super::metadata::option;

/// The code of the module.
pub(crate) fn emit_facts(listed: &Listed, runtime: &str) -> TokenStream {
    let (config, metadata) = (emit_config(listed), emit_metadata(listed));
    let body = quote!(#config #metadata);
    let imports = super::imports::emit_imports(&body, runtime);
    quote!(#imports #body)
}

fn emit_config(listed: &Listed) -> TokenStream {
    let fields = listed.fields.iter().map(|field| {
        let (doc, name, ty) = (format!(" {}", field.doc), field.ident(), &field.rust_type);
        quote!(#[doc = #doc] pub #name: #ty)
    });
    let reads = listed.fields.iter().map(|field| {
        let (name, read) = (field.ident(), &field.read);
        quote!(#name: #read)
    });
    let written = listed.fields.iter().map(|field| {
        let (key, name) = (&field.name, field.ident());
        quote!((#key, &self.#name))
    });
    let aliases: Vec<TokenStream> = listed
        .fields
        .iter()
        .flat_map(|field| field.aliases.iter().map(move |alias| (alias, &field.name)))
        .map(|(alias, name)| quote!((#alias, #name)))
        .collect();
    let aliases = (!aliases.is_empty()).then(|| quote!(let r = &r.clone().alias(&[#(#aliases),*]);));
    let doc = format!(" The config of {}.", listed.name());
    // A type without fields reads nothing.
    let reader = if listed.fields.is_empty() { quote!(_) } else { quote!(r) };
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, PartialEq)]
        pub struct Config { #(#fields),* }

        impl Config {
            /// Reads `config.json`.
            ///
            /// # Errors
            /// If a field has a value that it cannot have.
            pub fn read(#reader: &Reader<'_>) -> Result<Self, ConfigError> {
                #aliases
                Ok(Self { #(#reads),* })
            }
        }

        impl ToJson for Config {
            fn to_json(&self) -> Json {
                object(&[#(#written),*])
            }
        }
    }
}

fn emit_metadata(listed: &Listed) -> TokenStream {
    let listing = &listed.listing;
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
    let fields = listed.fields.iter().map(|ListedField { name, kind, default, doc, .. }| {
        quote!(FieldInfo { name: #name, kind: #kind, default: #default, doc: #doc })
    });
    let doc = format!(" What transformers says of {}.", listed.name());
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
            config: |r| r.all(Config::read).map(|config| config.to_json()),
        };
    }
}

fn class_names(classes: &Node) -> Vec<&str> {
    match &classes.data {
        Data::Array(names) => names.iter().filter_map(Node::as_str).collect(),
        _ => classes.as_str().into_iter().collect(),
    }
}

impl ListedField {
    /// The field's name in Rust, which wants no capitals: `conv_L_cache` is `conv_l_cache`.
    fn ident(&self) -> syn::Ident {
        ident(&self.name.to_lowercase())
    }
}

impl Listed {
    /// The name in prose; a part's is its type.
    pub(crate) fn name(&self) -> &str {
        self.listing.title.as_deref().unwrap_or(&self.listing.model_type.text)
    }
}
