//! `static MODEL`: what the runtime and the documentation know about a model type.

use proc_macro2::TokenStream;
use quote::quote;

use crate::lower::{Head, LoweredInput, Model, ident};
use crate::spec::{DType, Evidence};

use super::evidence::emit_support;
use super::task::function_name;

/// The metadata of `model`, with a function for each task.
pub(super) fn emit_metadata(model: &Model, evidence: Option<&Evidence>) -> TokenStream {
    let spec = &model.spec;
    let (model_type, title, description) = (&spec.model_type.text, &spec.title.text, &spec.description);
    let modality = ident(&format!("{:?}", spec.modality));
    let (class, prefix) = (&spec.class.text, option(spec.prefix.as_deref()));
    let paper = option(spec.paper.as_deref());
    let paths = spec.paths.iter().map(|(path, others)| {
        let path = &path.text;
        quote!((#path, &[#(#others),*]))
    });
    let fields = model.fields.iter().map(|field| {
        let (name, kind, default, doc) = (&field.name, &field.kind, field.default_text(), &field.doc);
        quote!(FieldInfo { name: #name, kind: #kind, default: #default, doc: #doc })
    });
    let inputs = model.inputs.iter().filter(|input| !input.is_private).map(|input| {
        let (name, kind) = (&input.name, input_kind(input));
        quote!(InputInfo { name: #name, kind: InputKind::#kind })
    });
    let tasks = model.heads.iter().flat_map(|head| {
        let support = |name| emit_support(model, head, name, evidence);
        head.names().map(move |name| emit_task_info(model, head, name, &support(name)))
    });
    let doc = format!(" What is known about {title}.");
    quote! {
        #[doc = #doc]
        pub static MODEL: ModelType = ModelType {
            model_type: #model_type,
            title: #title,
            description: #description,
            modality: Modality::#modality,
            paper: #paper,
            class: #class,
            prefix: #prefix,
            paths: &[#(#paths),*],
            config: &[#(#fields),*],
            inputs: &[#(#inputs),*],
            tasks: &[#(#tasks),*],
        };
    }
}

fn emit_task_info(model: &Model, head: &Head, name: &str, support: &TokenStream) -> TokenStream {
    let (class, generates) = (&head.class, head.generates);
    let (processor, function) = (ident(&format!("{:?}", head.processor)), ident(&function_name(&head.task)));
    let is_base = head.prefix.is_none();
    let outputs: Vec<&String> = match &head.prefix {
        None => model.base.outputs.iter().map(|(name, _)| name).collect(),
        Some(_) => head.outputs.iter().map(|output| &output.name).collect(),
    };
    let offers = &head.offers;
    let prefix = option(head.prefix.as_deref());
    let serves = option(head.serves.as_deref());
    let read = ident(if model.config.is_refused() { "supported" } else { "read" });
    quote! {
        Task {
            name: #name,
            class: #class,
            serves: #serves,
            prefix: #prefix,
            is_base: #is_base,
            outputs: &[#(#outputs),*],
            offers: &[#(#offers),*],
            processor: Processor::#processor,
            generates: #generates,
            support: #support,
            graph: |g, r| r.all(Config::#read).map(|c| #function(g, &c)),
        }
    }
}

fn input_kind(input: &LoweredInput) -> syn::Ident {
    ident(match input.dtype {
        DType::Flag => "Flag",
        _ if input.is_special => "Special",
        _ if input.is_optional => "Optional",
        _ => "Required",
    })
}

/// An optional text as Rust; an empty one is none.
pub(super) fn option(text: Option<&str>) -> TokenStream {
    match text.filter(|text| !text.is_empty()) {
        Some(text) => quote!(Some(#text)),
        None => quote!(None),
    }
}
