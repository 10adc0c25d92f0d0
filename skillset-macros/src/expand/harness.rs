//! The generated tests of a skill.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Ident;

use super::types::Types;
use crate::attribute::Attribute;
use crate::check::Skill;

/// The test module, named after the struct.
pub fn expand(attribute: &Attribute, skill: &Skill) -> TokenStream {
    let (krate, pipeline) = (&skill.krate, Types::of(attribute, skill).pipeline);
    let module = format!("{}_skill", snake_case(&attribute.item.ident.to_string()));
    let module = Ident::new(&module, Span::call_site());
    quote! {
        #[cfg(test)]
        mod #module {
            #[allow(unused_imports)]
            use super::*;

            #[test]
            fn is_send_and_sync() {
                fn check<T: ::core::marker::Send + ::core::marker::Sync>() {}
                check::<#krate::Skill<#pipeline>>();
            }
        }
    }
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
    use super::snake_case;

    #[test]
    fn modules_are_named_after_structs() {
        assert_eq!(snake_case("MySkill"), "my_skill");
        assert_eq!(snake_case("Skill"), "skill");
    }
}
