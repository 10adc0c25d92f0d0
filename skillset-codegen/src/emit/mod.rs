//! From checked models to Rust modules.

mod config;
mod evidence;
mod facts;
mod flow;
mod imports;
mod metadata;
mod task;

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use crate::error::Errors;
use crate::lower::{Config, Model, ident};
use crate::spec::{Evidence, Listing};

pub(crate) use flow::live_before;
pub(crate) use task::{PART, function_name};

/// One emitted module.
#[derive(Clone, Debug)]
pub struct Module {
    /// The model type.
    pub model_type: String,
    /// The module's name: the model type as an identifier.
    pub name: String,
    /// The module's documentation, one entry a line.
    pub doc: Vec<String>,
    /// Whether it is of a model type; if not, of what is only ever a part of others.
    pub is_type: bool,
    /// Rust, unformatted unless the feature `format` is on.
    pub code: String,
}

/// The module of `model`, which says what was measured of it; the runtime is found under the path `runtime`.
pub(crate) fn emit_model(
    model: &Model,
    evidence: Option<&Evidence>,
    runtime: &str,
    errors: &mut Errors,
) -> Module {
    let config = config::emit_config(&model.config);
    let base = emit_base(model, errors);
    let is_type = !model.spec.is_part();
    let part = (!is_type || model.base.is_applied).then(|| task::emit_part(model));
    let tasks: Vec<TokenStream> =
        model.heads.iter().map(|head| task::emit_task(model, head, errors)).collect();
    let metadata = is_type.then(|| metadata::emit_metadata(model, evidence));
    let body = quote!(#config #base #part #(#tasks)* #metadata);
    let imports = imports::emit_imports(&body, runtime);
    let model_type = model.spec.model_type.text.clone();
    Module {
        name: module_name(&model_type),
        doc: module_doc(model, evidence),
        is_type,
        code: to_text(quote!(#imports #body)),
        model_type,
    }
}

/// The facts of a type, and its config.
pub(crate) struct Listed<'a> {
    pub listing: &'a Listing,
    pub config: &'a Config,
    /// Whether the config is emitted with an architecture, in a module of its own.
    pub is_described: bool,
}

/// The module of a type's facts; the runtime is found under the path `runtime`.
pub(crate) fn emit_listed(listed: &Listed<'_>, runtime: &str) -> Module {
    let model_type = listed.listing.model_type.text.clone();
    Module {
        name: module_name(&model_type),
        doc: vec![format!(
            "The config of {} (`model_type` {model_type:?}) and what else transformers says of it.",
            listed.listing.name()
        )],
        is_type: listed.listing.class.is_some(),
        code: to_text(facts::emit_facts(listed, runtime)),
        model_type,
    }
}

/// The model type as an identifier: `deberta-v2` is `deberta_v2`.
pub(crate) fn module_name(model_type: &str) -> String {
    let name = model_type.replace(['-', '.'], "_").to_lowercase();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

fn module_doc(model: &Model, evidence: Option<&Evidence>) -> Vec<String> {
    let spec = &model.spec;
    let mut lines = vec![
        format!("{} (`model_type` {:?}).", spec.title.text, spec.model_type.text),
        String::new(),
        spec.description.clone(),
        format!("Follows transformers' `{}`.", spec.class.text),
    ];
    if let Some(paper) = &spec.paper {
        let url = paper.strip_prefix("arXiv:").map(|id| format!("https://arxiv.org/abs/{id}"));
        lines.push(format!("Paper: <{}>.", url.as_ref().unwrap_or(paper)));
    }
    if !spec.is_part() {
        lines.extend([String::new(), evidence::table(model, evidence)]);
    }
    // A line of a text that is not a comment would be code.
    lines.iter().flat_map(|text| text.split('\n')).map(str::to_owned).collect()
}

/// `fn base` and the struct of what it hands on.
fn emit_base(model: &Model, errors: &mut Errors) -> TokenStream {
    let base = &model.base;
    let live: BTreeSet<String> = base.exports.iter().flat_map(|export| export.uses.iter().cloned()).collect();
    let inputs = model.inputs.iter().map(|input| input.statement.clone());
    let statements: Vec<_> = inputs.chain(base.statements.iter().cloned()).collect();
    let statements = flow::emit_statements(&statements, live, errors).tokens;
    let fields = base.exports.iter().map(|export| {
        let (name, ty) = (ident(&export.name), ty(&export.ty));
        quote!(#name: #ty)
    });
    let values = base.exports.iter().map(|export| {
        let (name, value) = (ident(&export.name), &export.value);
        if value.to_string() == export.name { quote!(#name) } else { quote!(#name: #value) }
    });
    let doc = format!(" What `{}` hands on.", model.spec.class.text);
    let base_doc = format!(" `{}`.", model.spec.class.text);
    quote! {
        #[doc = #doc]
        struct Base { #(#fields),* }

        #[doc = #base_doc]
        fn base(g: &Scope, c: &Config) -> Base {
            #(#statements)*
            Base { #(#values),* }
        }
    }
}

/// A type as emitted code spells it.
fn ty(ty: &crate::vocabulary::Type) -> TokenStream {
    let text = ty.to_string();
    // Types print as Rust but for those of literals and fixed strings, which no name has.
    text.parse().unwrap_or_else(|_| quote!(Value))
}

#[cfg(feature = "format")]
fn to_text(tokens: TokenStream) -> String {
    match syn::parse2(tokens.clone()) {
        Ok(file) => spaced(&prettyplease::unparse(&file)),
        // Unformatted code with the mistake in it is what rustc can explain.
        Err(_) => tokens.to_string(),
    }
}

/// prettyplease's layout, with an empty line between items and `.build(…)` under the struct that it is called on.
#[cfg(feature = "format")]
fn spaced(code: &str) -> String {
    let mut out = String::with_capacity(code.len() + 64);
    let mut previous = "";
    for line in code.lines() {
        let starts_item = line.starts_with("///") || line.starts_with("#[") || line.starts_with("impl ");
        let starts_method = line.starts_with("    ///") && previous == "    }";
        if starts_method || starts_item && (previous.starts_with('}') || previous.ends_with(';')) {
            out.push('\n');
        }
        let is_chained =
            previous.trim_start() == "}" && line.trim_start().starts_with('.') && !line.ends_with('(');
        out.push_str(if is_chained { line.strip_prefix("    ").unwrap_or(line) } else { line });
        out.push('\n');
        previous = line;
    }
    out
}

#[cfg(not(feature = "format"))]
fn to_text(tokens: TokenStream) -> String {
    tokens.to_string()
}
