//! Values of arguments.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, Lit, LitBool, LitInt, LitStr, Path, Token, parenthesized, token};

use super::list::{each, rest};
use super::{Given, Parameter, example};
use crate::errors::Errors;

/// `name = "…"`
pub fn string(name: Ident, input: ParseStream<'_>) -> syn::Result<Given<LitStr>> {
    assigned(name, input, "a string")
}

/// `name = path::to::Item`
pub fn path(name: Ident, input: ParseStream<'_>) -> syn::Result<Given<Path>> {
    assigned(name, input, "a path")
}

/// `name = 1`
pub fn integer(name: Ident, input: ParseStream<'_>) -> syn::Result<Given<LitInt>> {
    assigned(name, input, "a whole number")
}

/// `name = true`
pub fn boolean(name: Ident, input: ParseStream<'_>) -> syn::Result<Given<LitBool>> {
    assigned(name, input, "`true` or `false`")
}

/// `name`
pub fn flag(name: Ident, input: ParseStream<'_>) -> syn::Result<Given<()>> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(Given { name, value: () });
    }
    let found = rest(input)?;
    Err(Error::new_spanned(found, format!("`{name}` takes no value; write `{name}`, or leave it out")))
}

/// `name(a, b)`; none if no entry is well-formed.
pub fn names(
    name: Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Option<Given<Vec<Ident>>>> {
    entries(name, input, errors, |of, input| {
        Ident::parse_any(input).map_err(|_| {
            let message = format!("expected a name, such as in `{}`", example(&of.to_string()));
            on_rest(of, input, message)
        })
    })
}

/// `name(a = 1, b = true)`; none if no entry is well-formed.
pub fn parameters(
    name: Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Option<Given<Vec<Parameter>>>> {
    entries(name, input, errors, |_, input| {
        assigned::<Lit>(Ident::parse_any(input)?, input, "a number, `true` or `false`")
    })
}

fn entries<T>(
    name: Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut entry: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<Option<Given<Vec<T>>>> {
    let (mut value, mut is_malformed) = (vec![], false);
    each(in_parentheses(&name, input)?, errors, |input, _| match entry(&name, input) {
        Ok(found) => {
            value.push(found);
            Ok(())
        }
        Err(error) => {
            is_malformed = true;
            Err(error)
        }
    });
    // With no entry left there would be more to complain about, which is not what is wrong.
    Ok((!value.is_empty() || !is_malformed).then_some(Given { name, value }))
}

/// An error on what is left of an argument, or on its name if nothing is.
fn on_rest(name: &Ident, input: ParseStream<'_>, message: String) -> Error {
    match rest(input) {
        Ok(found) if !found.is_empty() => Error::new_spanned(found, message),
        _ => Error::new(name.span(), message),
    }
}

fn in_parentheses(name: &Ident, input: ParseStream<'_>) -> syn::Result<TokenStream> {
    if !input.peek(token::Paren) {
        let message = format!("`{name}` takes a list in parentheses: `{}`", example(&name.to_string()));
        return Err(on_rest(name, input, message));
    }
    let content;
    parenthesized!(content in input);
    content.parse()
}

/// `name = value`
fn assigned<T: Parse>(name: Ident, input: ParseStream<'_>, expected: &str) -> syn::Result<Given<T>> {
    let example = match example(&name.to_string()) {
        "" => format!(", as in `{name} = …`"),
        example => format!(", such as `{example}`"),
    };
    if !input.peek(Token![=]) {
        return Err(on_rest(&name, input, format!("`{name}` takes a value{example}")));
    }
    input.parse::<Token![=]>()?;
    let written = input.fork();
    match input.parse() {
        Ok(value) => Ok(Given { name, value }),
        Err(_) => Err(on_rest(&name, &written, format!("expected {expected}{example}"))),
    }
}
