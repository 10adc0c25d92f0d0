//! The types of a skill.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;

use crate::attribute::Attribute;
use crate::check::Skill;

/// The types that generated items name.
pub struct Types {
    /// `skillset::tasks`
    pub tasks: TokenStream,
    /// What does the task.
    pub pipeline: TokenStream,
    /// What it takes.
    pub input: TokenStream,
    /// What a call can ask for.
    pub options: TokenStream,
    /// What it gives for one input.
    pub output: TokenStream,
    /// Why it fails.
    pub error: TokenStream,
}

impl Types {
    /// Those of one skill.
    pub fn of(attribute: &Attribute, skill: &Skill) -> Self {
        let krate = &skill.krate;
        let tasks = quote!(#krate::tasks);
        let labels = attribute.arguments.labels.as_ref().map(|given| &given.value);
        let name = format_ident!("{}", skill.task.pipeline);
        let pipeline = match labels {
            None => quote!(#tasks::#name),
            // An enum that does not derive `Labels` is reported where it is named.
            Some(labels) => at(labels.span(), quote!(#tasks::Labelled<#tasks::#name, #labels>)),
        };
        let options = format_ident!("{}", skill.task.options);
        Self {
            input: skill.task.input.tokens(&tasks, None),
            options: quote!(#tasks::#options),
            output: skill.task.output.tokens(&tasks, labels),
            error: quote!(#krate::SkillError),
            pipeline,
            tasks,
        }
    }
}

/// The tokens as if they all stood at one place; names resolve as before.
fn at(span: Span, tokens: TokenStream) -> TokenStream {
    let moved = tokens.into_iter().map(|mut token| {
        token.set_span(token.span().located_at(span));
        token
    });
    moved.collect()
}
