//! One function a task.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::error::Errors;
use crate::lower::{Export, Head, Model, ident};
use crate::vocabulary::Type;

use super::flow::emit_statements;

/// The name of the function that builds the graph of a model without tasks.
pub(crate) const PART: &str = "part";

/// The name of the function that builds a task's graph.
pub(crate) fn function_name(task: &str) -> String {
    task.replace('-', "_")
}

/// The function that builds the graph of `head`.
pub(super) fn emit_task(model: &Model, head: &Head, errors: &mut Errors) -> TokenStream {
    let name = ident(&function_name(&head.task));
    let tasks: Vec<String> = head.names().map(|task| format!("`{task}`")).collect();
    let doc = format!(" {}: `{}`.", tasks.join(", "), head.class);
    let checks = &head.checks;
    let Some(prefix) = &head.prefix else {
        let outputs = if model.base.is_applied {
            let part = ident(PART);
            quote!(#part(g, c);)
        } else {
            emit_base_outputs(model)
        };
        return emit_function(&name, &doc, &quote!(#(#checks)* #outputs));
    };
    let live = head.outputs.iter().flat_map(|output| output.uses.iter().cloned()).collect();
    let block = emit_statements(&head.statements, live, errors);
    let destructured = destructure(model, &block.live);
    let statements = &block.tokens;
    let is_value = |export: &&Export| !matches!(export.ty, Type::List(_));
    let outputs =
        head.outputs.iter().filter(is_value).map(|export| output(&export.name, &export.ty, &export.value));
    let scope = if prefix.is_empty() { quote!(g) } else { quote!(&g.at(#prefix)) };
    let before = (!head.is_alone).then(|| quote!(let #destructured = base(#scope, c);));
    emit_function(&name, &doc, &quote!(#(#checks)* #before #(#statements)* #(#outputs)*))
}

/// The function that builds the base model's graph inside of another model, or of a head's.
pub(super) fn emit_part(model: &Model) -> TokenStream {
    let doc = format!(" `{}`, inside of another model.", model.spec.class.text);
    emit_function(&ident(PART), &doc, &emit_base_outputs(model))
}

fn emit_function(name: &Ident, doc: &str, body: &TokenStream) -> TokenStream {
    quote! {
        #[doc = #doc]
        pub(super) fn #name(g: &Scope, c: &Config) {
            #body
        }
    }
}

/// The steps that build the base model's graph with its outputs.
fn emit_base_outputs(model: &Model) -> TokenStream {
    let outputs: BTreeSet<String> = model.base.outputs.iter().map(|(name, _)| name.clone()).collect();
    let destructured = destructure(model, &outputs);
    let outputs = model.base.outputs.iter().map(|(name, ty)| {
        let value = ident(name);
        output(name, ty, &quote!(#value))
    });
    quote! {
        let #destructured = base(g, c);
        #(#outputs)*
    }
}

/// `Base { last_hidden_state, .. }`
fn destructure(model: &Model, wanted: &BTreeSet<String>) -> TokenStream {
    let exports = &model.base.exports;
    let fields: Vec<_> = exports
        .iter()
        .filter(|export| wanted.contains(&export.name))
        .map(|export| ident(&export.name))
        .collect();
    let rest = (fields.len() < exports.len()).then(|| quote!(..));
    quote!(Base { #(#fields,)* #rest })
}

fn output(name: &str, ty: &Type, value: &TokenStream) -> TokenStream {
    if *ty == Type::Value {
        return quote!(g.output(#name, #value););
    }
    let bound = if value.to_string() == name { ident(name) } else { ident("output") };
    quote!(if let Some(#bound) = #value { g.output(#name, #bound); })
}
