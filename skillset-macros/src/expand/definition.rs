//! What the skill is: `impl Skilled`, and how it is put together.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Ident, LitStr, Member};

use super::item::{handle, own_fields};
use super::types::Types;
use crate::arguments::Given;
use crate::attribute::Attribute;
use crate::check::{Exported, Origin, Own, Skill};
use crate::tasks::Settings;

/// The implementations of `Skilled` and `Assemble`.
pub fn expand(attribute: &Attribute, skill: &Skill, types: &Types) -> TokenStream {
    let (krate, pipeline, tasks) = (&skill.krate, &types.pipeline, &types.tasks);
    let name = &attribute.item.ident;
    let (generics, parameters, bounds) = attribute.item.generics.split_for_impl();
    let definition = definition(attribute, skill);
    let settings = settings(attribute, skill).map(|settings| {
        quote! {
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
    let graph_of = match &skill.origin {
        Origin::Exported(Exported { of: Some((model_type, _)), .. }) => {
            quote!(::core::option::Option::Some(#model_type))
        }
        _ => quote!(::core::option::Option::None),
    };
    let task = skill.task.name;
    let backends = skill.backends.iter().map(|backend| format_ident!("{}", backend.variant));
    let strict = attribute.arguments.strict.is_some();
    let checkpoint = optional(attribute.arguments.checkpoint.as_ref());
    let revision = optional(attribute.arguments.revision.as_ref());
    quote! {
        #krate::Definition {
            origin: #origin,
            graph_of: #graph_of,
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
        Origin::Exported(Exported { file, .. }) => quote!(#origin::Exported(#file)),
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
    let max_length = skill.max_length.map(|length| quote!(::core::num::NonZeroUsize::new(#length)));
    let pooling = skill.pooling.map(|variant| {
        let variant = format_ident!("{variant}");
        quote!(::core::option::Option::Some(#krate::tasks::PoolingMode::#variant))
    });
    let normalize = attribute.arguments.normalize.as_ref().map(|given| {
        let normalize = &given.value;
        quote!(::core::option::Option::Some(#normalize))
    });
    let none = || quote!(::core::option::Option::None);
    match skill.task.settings {
        Settings::Text => max_length.map(|max_length| {
            quote! {
                #krate::tasks::TextSettings { max_length: #max_length }
            }
        }),
        Settings::Embedding if max_length.is_some() || pooling.is_some() || normalize.is_some() => {
            let (max_length, pooling, normalize) = (
                max_length.unwrap_or_else(none),
                pooling.unwrap_or_else(none),
                normalize.unwrap_or_else(none),
            );
            Some(quote! {
                #krate::tasks::EmbeddingSettings {
                    max_length: #max_length,
                    pooling: #pooling,
                    normalize: #normalize,
                }
            })
        }
        Settings::Generation if !skill.generation.is_empty() => {
            let set = skill
                .generation
                .iter()
                .map(|(name, value)| quote!(#name: ::core::option::Option::Some(#value)));
            Some(quote! {
                #krate::runtime::generate::GenerationConfig {
                    #(#set,)*
                    ..::core::default::Default::default()
                }
            })
        }
        Settings::None | Settings::Embedding | Settings::Generation => None,
    }
}
