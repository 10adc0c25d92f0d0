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

/// `name(a, b)`
pub fn names(name: Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Given<Vec<Ident>>> {
    let mut names = vec![];
    each(in_parentheses(&name, input)?, errors, |input, _| {
        names.push(Ident::parse_any(input).map_err(|_| bad_name(&name, input))?);
        Ok(())
    });
    Ok(Given { name, value: names })
}

fn bad_name(of: &Ident, input: ParseStream<'_>) -> Error {
    let message = format!("expected a name, such as in `{}`", example(&of.to_string()));
    match rest(input) {
        Ok(found) if !found.is_empty() => Error::new_spanned(found, message),
        _ => Error::new(of.span(), message),
    }
}

/// `name(a = 1, b = true)`
pub fn parameters(
    name: Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Given<Vec<Parameter>>> {
    let mut parameters = vec![];
    each(in_parentheses(&name, input)?, errors, |input, _| {
        let name = Ident::parse_any(input)?;
        parameters.push(assigned::<Lit>(name, input, "a number, `true` or `false`")?);
        Ok(())
    });
    Ok(Given { name, value: parameters })
}

fn in_parentheses(name: &Ident, input: ParseStream<'_>) -> syn::Result<TokenStream> {
    if !input.peek(token::Paren) {
        let found = rest(input)?;
        let message = format!("`{name}` takes a list in parentheses: `{}`", example(&name.to_string()));
        return Err(if found.is_empty() {
            Error::new(name.span(), message)
        } else {
            Error::new_spanned(found, message)
        });
    }
    let content;
    parenthesized!(content in input);
    content.parse()
}

/// `name = value`
fn assigned<T: Parse>(name: Ident, input: ParseStream<'_>, expected: &str) -> syn::Result<Given<T>> {
    let example = match example(&name.to_string()) {
        "" => String::new(),
        example => format!(", such as `{example}`"),
    };
    if !input.peek(Token![=]) {
        let found = rest(input)?;
        let message = format!("`{name}` takes a value{example}");
        return Err(if found.is_empty() {
            Error::new(name.span(), message)
        } else {
            Error::new_spanned(found, message)
        });
    }
    input.parse::<Token![=]>()?;
    let written = input.fork();
    input.parse().map(|value| Given { name: name.clone(), value }).map_err(|_| {
        let message = format!("expected {expected}{example}");
        match rest(&written) {
            Ok(found) if !found.is_empty() => Error::new_spanned(found, message),
            _ => Error::new(name.span(), message),
        }
    })
}
