//! Expansion: a checked attribute to code.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Ident;

use crate::attribute::Attribute;
use crate::check::Skill;

/// The struct with its pipeline, and its methods.
pub fn expand(attribute: &Attribute, skill: &Skill) -> TokenStream {
    let Attribute { item, model, task, krate, .. } = attribute;
    let (attrs, visibility, name) = (&item.attrs, &item.vis, &item.ident);
    let pipeline = Ident::new(skill.pipeline, Span::call_site());
    let pipeline = quote!(#krate::tasks::#pipeline);
    let backends = skill.backends.iter().map(|backend| Ident::new(backend, Span::call_site()));
    let doc = format!("\n\nA skill: {} for `{}`.", skill.entry.title, task.value());
    quote! {
        #(#attrs)*
        #[doc = #doc]
        #visibility struct #name {
            skill: #krate::Skill<#pipeline>,
        }

        impl #name {
            /// The model type, as `model_type` in `config.json`.
            pub const MODEL_TYPE: &'static str = #model;
            /// The task, by the name of the Hugging Face pipeline.
            pub const TASK: &'static str = #task;
            /// Where the skill may run, in order of preference.
            pub const BACKENDS: &'static [#krate::Backend] = &[#(#krate::Backend::#backends),*];

            /// Opens a checkpoint: a directory, or an id on the Hugging Face hub.
            ///
            /// # Errors
            /// If the checkpoint cannot be had, is damaged or of another model type, or no backend works.
            pub fn from_pretrained(source: &str) -> ::core::result::Result<Self, #krate::SkillError> {
                let skill = #krate::Skill::from_pretrained(Self::MODEL_TYPE, Self::BACKENDS, source)?;
                ::core::result::Result::Ok(Self { skill })
            }

            /// Opens a checkpoint directory.
            ///
            /// # Errors
            /// As [`from_pretrained`](Self::from_pretrained).
            pub fn from_dir(
                dir: impl ::core::convert::AsRef<::std::path::Path>,
            ) -> ::core::result::Result<Self, #krate::SkillError> {
                let skill = #krate::Skill::from_dir(Self::MODEL_TYPE, Self::BACKENDS, dir.as_ref())?;
                ::core::result::Result::Ok(Self { skill })
            }

            /// The result for one input, with default options.
            ///
            /// # Errors
            /// If the input is not one that the task takes, or the model fails.
            pub fn run(
                &self,
                input: impl ::core::convert::Into<<#pipeline as #krate::tasks::Pipeline>::Input>,
            ) -> ::core::result::Result<<#pipeline as #krate::tasks::Pipeline>::Output, #krate::SkillError> {
                self.skill.run_with(input.into(), &::core::default::Default::default())
            }

            /// The result for one input.
            ///
            /// # Errors
            /// As [`run`](Self::run), or if an option makes no sense.
            pub fn run_with(
                &self,
                input: impl ::core::convert::Into<<#pipeline as #krate::tasks::Pipeline>::Input>,
                options: &<#pipeline as #krate::tasks::Pipeline>::Options,
            ) -> ::core::result::Result<<#pipeline as #krate::tasks::Pipeline>::Output, #krate::SkillError> {
                self.skill.run_with(input.into(), options)
            }

            /// The results for several inputs, in their order.
            ///
            /// # Errors
            /// As [`run_with`](Self::run_with).
            pub fn run_batch(
                &self,
                inputs: &[<#pipeline as #krate::tasks::Pipeline>::Input],
                options: &<#pipeline as #krate::tasks::Pipeline>::Options,
            ) -> ::core::result::Result<
                ::std::vec::Vec<<#pipeline as #krate::tasks::Pipeline>::Output>,
                #krate::SkillError,
            > {
                self.skill.run_batch(inputs, options)
            }

            /// Where the skill runs, and why not on the backends before.
            pub fn placement(&self) -> &#krate::Placement {
                self.skill.placement()
            }
        }
    }
}
