//! The generated tests of a skill: a module in which every test is one call of the library.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::Ident;

use super::definition::{definition, settings};
use super::types::Types;
use crate::attribute::Attribute;
use crate::check::Skill;

/// The test module, named after the struct.
///
/// A skill without recorded outputs, of a spec of one's own or an exported graph, has the tests that need none. It may
/// be that a `test` of another kind is in scope where the struct is, so the attribute is named in full. The module
/// works on the skill's handle, not on the struct: nobody but the author can make the struct's own fields, or
/// choose its generic parameters.
pub fn expand(attribute: &Attribute, skill: &Skill) -> TokenStream {
    let module = format!("{}_skill", snake_case(&attribute.item.ident.to_string()));
    let module = Ident::new(&module, Span::call_site());
    let krate = nested(&skill.krate);
    let pipeline = nested(Types::of(attribute, skill).pipeline);
    let definition = nested(definition(attribute, skill));
    let settings = match settings(attribute, skill) {
        None => quote!(::core::default::Default::default),
        Some(settings) => nested(quote!(|| #settings)),
    };
    let labels = attribute.arguments.labels.as_ref().map(|labels| {
        let labels = nested(&labels.value);
        quote!(.with_labels(<#labels as #krate::Labels>::NAMES))
    });
    let parity = skill.backends.iter().map(|backend| {
        let test = format_ident!("agrees_with_transformers_on_{}", backend.name);
        let backend = format_ident!("{}", backend.variant);
        quote! {
            #[::core::prelude::v1::test]
            fn #test() {
                HARNESS.agrees_with_transformers(#krate::Backend::#backend);
            }
        }
    });
    let cases = attribute.arguments.cases.as_ref().map(|file| {
        let file = &file.value;
        quote! {
            #[::core::prelude::v1::test]
            fn cases() {
                HARNESS.cases(#file);
            }
        }
    });
    let has_fixture = skill.origin.has_fixture();
    let on_fixture = has_fixture.then(|| {
        quote! {
            #(#parity)*

            #[::core::prelude::v1::test]
            fn refuses_bad_input() {
                HARNESS.refuses_bad_input();
            }

            #[::core::prelude::v1::test]
            fn gives_the_same_result_twice() {
                HARNESS.gives_the_same_result_twice();
            }

            #[::core::prelude::v1::test]
            fn serves_threads_at_once() {
                HARNESS.serves_threads_at_once();
            }

            #[::core::prelude::v1::test]
            fn keeps_the_order_of_a_batch() {
                HARNESS.keeps_the_order_of_a_batch();
            }
        }
    });
    let harness = (has_fixture || cases.is_some()).then(|| {
        quote! {
            const HARNESS: #krate::harness::Harness<#pipeline> =
                #krate::harness::Harness::new(#definition, #settings, ::core::env!("CARGO_MANIFEST_DIR"))#labels;
        }
    });
    quote! {
        #[cfg(test)]
        mod #module {
            #[allow(unused_imports)]
            use super::*;

            #harness

            #on_fixture

            #[::core::prelude::v1::test]
            fn is_send_and_sync() {
                #krate::harness::is_send_and_sync::<#krate::Skill<#pipeline>>();
            }

            #cases
        }
    }
}

/// Tokens as they have to be one module deeper: `self::a` becomes `super::a`, and `super::a` `super::super::a`.
fn nested(tokens: impl ToTokens) -> TokenStream {
    let mut moved = TokenStream::new();
    let mut is_start = true;
    for token in tokens.to_token_stream() {
        let starts_here = std::mem::replace(&mut is_start, !is_colon(&token));
        match token {
            TokenTree::Ident(word) if word == "self" => moved.extend(quote!(super)),
            TokenTree::Ident(word) if word == "super" && starts_here => moved.extend(quote!(super::super)),
            TokenTree::Group(group) => {
                let mut inside = Group::new(group.delimiter(), nested(group.stream()));
                inside.set_span(group.span());
                moved.extend([TokenTree::from(inside)]);
            }
            other => moved.extend([other]),
        }
    }
    moved
}

fn is_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':')
}

/// `MySkill` → `my_skill`
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (position, letter) in name.trim_start_matches("r#").char_indices() {
        if letter.is_uppercase() && position > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::{nested, snake_case};

    #[test]
    fn modules_are_named_after_structs() {
        assert_eq!(snake_case("MySkill"), "my_skill");
        assert_eq!(snake_case("Skill"), "skill");
    }

    #[test]
    fn paths_lead_to_the_same_place_from_a_module_deeper() {
        let found = nested(quote!(f(self::A, super::super::B, crate::C, <::d::E as F>::G)));
        let expected = quote!(f(super::A, super::super::super::B, crate::C, <::d::E as F>::G));
        assert_eq!(found.to_string(), expected.to_string());
    }
}
