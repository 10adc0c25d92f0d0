//! The methods of a skill.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, Member};

use super::definition::fields;
use super::docs;
use super::item::{handle, own_fields};
use super::types::Types;
use crate::attribute::Attribute;
use crate::check::{Exported, Origin, Own, Skill, Spec};

/// The inherent implementation.
pub fn expand(attribute: &Attribute, skill: &Skill, types: &Types) -> TokenStream {
    let name = &attribute.item.ident;
    let (generics, parameters, bounds) = attribute.item.generics.split_for_impl();
    let consts = consts(skill);
    let constructors = constructors(attribute, skill, types);
    let run = run(&handle(&attribute.item), types);
    let stream = skill.task.streams().then(|| stream(&handle(&attribute.item), types));
    let placement = placement(&handle(&attribute.item), skill);
    quote! {
        impl #generics #name #parameters #bounds {
            #consts
            #constructors
            #run
            #stream
            #placement
        }
    }
}

fn model_type_const(model_type: &str) -> TokenStream {
    quote! {
        /// The model type, as `model_type` in `config.json`.
        pub const MODEL_TYPE: &'static str = #model_type;
    }
}

fn consts(skill: &Skill) -> TokenStream {
    let krate = &skill.krate;
    let definition = quote!(<Self as #krate::Skilled>::DEFINITION);
    let origin = match &skill.origin {
        Origin::Exported(Exported { file, of }) => {
            let model_type = of.as_ref().map(|(model_type, _)| model_type_const(model_type));
            quote! {
                /// The graph, as a file of the checkpoint.
                pub const GRAPH: &'static str = #file;
                #model_type
            }
        }
        Origin::BuiltIn { model_type, .. } | Origin::Own(Own { spec: Spec { model_type, .. }, .. }) => {
            model_type_const(model_type)
        }
    };
    quote! {
        #origin
        /// The task, by the name of the Hugging Face pipeline.
        pub const TASK: &'static str = #definition.task;
        /// Where the skill may run, in order of preference.
        pub const BACKENDS: &'static [#krate::Backend] = #definition.backends;
    }
}

fn constructors(attribute: &Attribute, skill: &Skill, types: &Types) -> TokenStream {
    let (krate, error) = (&skill.krate, &types.error);
    let (names, own): (Vec<Ident>, Vec<&syn::Type>) =
        own_fields(&attribute.item).map(|(_, name, ty)| (name, ty)).unzip();
    let fields = fields(attribute);
    // Names of the author's fields must not meet those of these parameters.
    let (source, dir) = (Ident::new("source", Span::mixed_site()), Ident::new("dir", Span::mixed_site()));
    let load = attribute.arguments.checkpoint.as_ref().map(|checkpoint| {
        let doc = docs::of_load(&checkpoint.value.value());
        quote! {
            #[doc = #doc]
            ///
            /// # Errors
            /// As [`from_pretrained`](Self::from_pretrained).
            pub fn load(#(#names: #own),*) -> ::core::result::Result<Self, #error> {
                Self::builder(#(#names),*).load()
            }
        }
    });
    quote! {
        /// Says more than the constructors: device, threads, cache, progress and so on.
        pub fn builder(#(#names: #own),*) -> #krate::SkillBuilder<Self, #fields> {
            #krate::SkillBuilder::new((#(#names,)*))
        }

        /// Opens a checkpoint: a directory, or an id on the Hugging Face hub.
        ///
        /// # Errors
        /// If the checkpoint cannot be had, is damaged or of another model type, or no backend works.
        pub fn from_pretrained(#source: &str #(, #names: #own)*) -> ::core::result::Result<Self, #error> {
            Self::builder(#(#names),*).from_pretrained(#source)
        }

        /// Opens a checkpoint directory.
        ///
        /// # Errors
        /// As [`from_pretrained`](Self::from_pretrained).
        pub fn from_dir(
            #dir: impl ::core::convert::AsRef<::std::path::Path>
            #(, #names: #own)*
        ) -> ::core::result::Result<Self, #error> {
            Self::builder(#(#names),*).from_dir(#dir)
        }

        #load
    }
}

fn run(handle: &Member, types: &Types) -> TokenStream {
    let Types { input, options, output, error, .. } = types;
    quote! {
        /// The result for one input, with default options.
        ///
        /// # Errors
        /// If the input is not one that the task takes, or the model fails.
        pub fn run(
            &self,
            input: impl ::core::convert::Into<#input>,
        ) -> ::core::result::Result<#output, #error> {
            self.#handle.run(input)
        }

        /// The result for one input.
        ///
        /// # Errors
        /// As [`run`](Self::run), or if an option makes no sense.
        pub fn run_with(
            &self,
            input: impl ::core::convert::Into<#input>,
            options: &#options,
        ) -> ::core::result::Result<#output, #error> {
            self.#handle.run_with(input, options)
        }

        /// The results for several inputs, in their order, with default options.
        ///
        /// # Errors
        /// As [`run`](Self::run); the error names the input.
        pub fn run_batch(
            &self,
            inputs: &[#input],
        ) -> ::core::result::Result<::std::vec::Vec<#output>, #error> {
            self.#handle.run_batch(inputs)
        }

        /// The results for several inputs, in their order.
        ///
        /// # Errors
        /// As [`run_batch`](Self::run_batch), or if an option makes no sense.
        pub fn run_batch_with(
            &self,
            inputs: &[#input],
            options: &#options,
        ) -> ::core::result::Result<::std::vec::Vec<#output>, #error> {
            self.#handle.run_batch_with(inputs, options)
        }
    }
}

fn stream(handle: &Member, types: &Types) -> TokenStream {
    let Types { tasks, input, options, error, .. } = types;
    quote! {
        /// The continuation of one prompt, piece by piece, with default options.
        ///
        /// # Errors
        /// As [`run`](Self::run) before the first piece; later ones come from the stream.
        pub fn stream(
            &self,
            input: impl ::core::convert::Into<#input>,
        ) -> ::core::result::Result<#tasks::TextStream<'_>, #error> {
            self.#handle.stream(input)
        }

        /// The continuation of one prompt, piece by piece.
        ///
        /// # Errors
        /// As [`stream`](Self::stream), or if an option makes no sense.
        pub fn stream_with(
            &self,
            input: impl ::core::convert::Into<#input>,
            options: &#options,
        ) -> ::core::result::Result<#tasks::TextStream<'_>, #error> {
            self.#handle.stream_with(input, options)
        }
    }
}

fn placement(handle: &Member, skill: &Skill) -> TokenStream {
    let krate = &skill.krate;
    quote! {
        /// Where the skill runs, and why not on the backends before.
        pub fn placement(&self) -> &#krate::Placement {
            self.#handle.placement()
        }
    }
}
