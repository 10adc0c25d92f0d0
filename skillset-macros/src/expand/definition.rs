//! What the skill is: `impl Skilled`, and how it is put together.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Ident, LitStr, Member};

use super::item::{handle, own_fields};
use super::types::Types;
use crate::arguments::Given;
use crate::attribute::Attribute;
use crate::check::{Origin, Own, Skill};
use crate::tasks::Settings;

/// The implementations of `Skilled` and `Assemble`.
pub fn expand(attribute: &Attribute, skill: &Skill, types: &Types) -> TokenStream {
    let (krate, pipeline, tasks) = (&skill.krate, &types.pipeline, &types.tasks);
    let name = &attribute.item.ident;
    let (generics, parameters, bounds) = attribute.item.generics.split_for_impl();
    let definition = definition(attribute, skill);
    let settings = settings(attribute, skill).map(|settings| {
        quote! {
            // Every field may be set.
            #[allow(clippy::needless_update)]
            fn settings() -> <Self::Pipeline as #tasks::Pipeline>::Settings {
                #settings
            }
        }
    });
    let (handle, own) = (handle(&attribute.item), own_fields(&attribute.item));
    let (members, places): (Vec<Member>, Vec<Member>) =
        own.enumerate().map(|(position, (member, ..))| (member, Member::from(position))).unzip();
    let fields = fields(attribute);
    let own = Ident::new("fields", Span::mixed_site());
    let ignored = members.is_empty().then(|| quote!(let () = #own;));
    quote! {
        impl #generics #krate::Skilled for #name #parameters #bounds {
            const DEFINITION: #krate::Definition = #definition;
            type Pipeline = #pipeline;
            #settings
        }

        impl #generics #krate::Assemble<#fields> for #name #parameters #bounds {
            fn assemble(skill: #krate::Skill<#pipeline>, #own: #fields) -> Self {
                #ignored
                Self { #(#members: #own.#places,)* #handle: skill }
            }
        }
    }
}

/// The types of the author's own fields, as a tuple.
pub fn fields(attribute: &Attribute) -> TokenStream {
    let types = own_fields(&attribute.item).map(|(.., ty)| ty);
    quote!((#(#types,)*))
}

/// The constant that says what the skill is.
pub fn definition(attribute: &Attribute, skill: &Skill) -> TokenStream {
    let krate = &skill.krate;
    let origin = origin(skill);
    let task = skill.task.name;
    let backends = skill.backends.iter().map(|backend| format_ident!("{}", backend.variant));
    let strict = attribute.arguments.strict.is_some();
    let checkpoint = optional(attribute.arguments.checkpoint.as_ref());
    let revision = optional(attribute.arguments.revision.as_ref());
    quote! {
        #krate::Definition {
            origin: #origin,
            task: #task,
            backends: &[#(#krate::Backend::#backends),*],
            strict: #strict,
            checkpoint: #checkpoint,
            revision: #revision,
        }
    }
}

fn origin(skill: &Skill) -> TokenStream {
    let krate = &skill.krate;
    let origin = quote!(#krate::Origin);
    match &skill.origin {
        Origin::BuiltIn { model_type, .. } => quote!(#origin::BuiltIn(#model_type)),
        Origin::Own(Own { module, .. }) => quote!(#origin::Own(&#module::MODEL)),
        Origin::Exported(file) => quote!(#origin::Exported(#file)),
    }
}

fn optional(text: Option<&Given<LitStr>>) -> TokenStream {
    match text.map(|given| &given.value) {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}

/// What the pipeline is set to, as a value of its `Settings`; none if nothing is set.
pub fn settings(attribute: &Attribute, skill: &Skill) -> Option<TokenStream> {
    let krate = &skill.krate;
    let mut fields: Vec<(Ident, TokenStream)> = vec![];
    if let Some(length) = skill.max_length {
        fields.push((format_ident!("max_length"), quote!(::core::num::NonZeroUsize::new(#length))));
    }
    if let Some(variant) = skill.pooling {
        let variant = format_ident!("{variant}");
        let value = quote!(::core::option::Option::Some(#krate::tasks::PoolingMode::#variant));
        fields.push((format_ident!("pooling"), value));
    }
    if let Some(normalize) = &attribute.arguments.normalize {
        let normalize = &normalize.value;
        fields.push((format_ident!("normalize"), quote!(::core::option::Option::Some(#normalize))));
    }
    for (name, value) in &skill.generation {
        fields.push((name.clone(), quote!(::core::option::Option::Some(#value))));
    }
    if fields.is_empty() {
        return None;
    }
    let kind = match skill.task.settings {
        Settings::None => return None,
        Settings::Text => quote!(#krate::tasks::TextSettings),
        Settings::Embedding => quote!(#krate::tasks::EmbeddingSettings),
        Settings::Generation => quote!(#krate::runtime::generate::GenerationConfig),
    };
    let fields = fields.into_iter().map(|(name, value)| quote!(#name: #value));
    Some(quote! {
        #kind { #(#fields,)* ..::core::default::Default::default() }
    })
}
