//! Parsing: tokens to arguments.

use proc_macro2::{Span, TokenStream};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Fields, Ident, Item, ItemStruct, LitStr, Path, Token, parenthesized};

use crate::index::did_you_mean;

/// The attribute on its struct; every argument that is there is well-formed and there once.
pub struct Attribute {
    /// The struct.
    pub item: ItemStruct,
    /// `model = "…"`
    pub model: LitStr,
    /// `task = "…"`
    pub task: LitStr,
    /// `backends(…)`
    pub backends: Vec<Ident>,
    /// `crate = path`; `::skillset` if it is not given.
    pub krate: Path,
}

const ARGUMENTS: [&str; 4] = ["model", "task", "backends", "crate"];

/// One argument.
enum Argument {
    Model(LitStr),
    Task(LitStr),
    Backends(Vec<Ident>),
    Crate(Path),
    Unknown(Ident),
}

struct Named {
    name: Ident,
    argument: Argument,
}

/// Parses arguments and item.
///
/// # Errors
/// Everything that is wrong with their form, together.
pub fn parse(arguments: TokenStream, item: TokenStream) -> syn::Result<Attribute> {
    let mut errors = Errors::default();
    let parsed = Punctuated::<Named, Token![,]>::parse_terminated.parse2(arguments);
    let item = errors.take(unit_struct(item));
    let Some(parsed) = errors.take(parsed) else { return errors.fail() };

    let (mut model, mut task, mut backends, mut krate) = (None, None, None, None);
    for Named { name, argument } in parsed {
        let is_duplicate = match argument {
            Argument::Model(value) => model.replace(value).is_some(),
            Argument::Task(value) => task.replace(value).is_some(),
            Argument::Backends(value) => backends.replace((name.span(), value)).is_some(),
            Argument::Crate(value) => krate.replace(value).is_some(),
            Argument::Unknown(name) => {
                let hint = did_you_mean(&name.to_string(), ARGUMENTS.into_iter());
                let known = "the arguments are `model`, `task`, `backends` and `crate`";
                errors.push(Error::new(name.span(), format!("unknown argument `{name}`{hint}; {known}")));
                false
            }
        };
        if is_duplicate {
            errors.push(Error::new(name.span(), format!("duplicate argument `{name}`")));
        }
    }
    let missing = |example: &str| Error::new(Span::call_site(), format!("missing argument: {example}"));
    let model = errors.take(model.ok_or_else(|| missing("`model = \"bert\"`")));
    let task = errors.take(task.ok_or_else(|| missing("`task = \"fill-mask\"`")));
    let backends = errors.take(backends.ok_or_else(|| missing("`backends(cpu)`")));
    let backends = backends.and_then(|(span, list)| {
        let empty =
            || Error::new(span, "`backends` names no backend; name one or more, such as `backends(cpu)`");
        errors.take(if list.is_empty() { Err(empty()) } else { Ok(list) })
    });
    let krate = krate.unwrap_or_else(|| syn::parse_quote!(::skillset));
    match (item, model, task, backends) {
        (Some(item), Some(model), Some(task), Some(backends)) if errors.is_empty() => {
            Ok(Attribute { item, model, task, backends, krate })
        }
        _ => errors.fail(),
    }
}

fn unit_struct(item: TokenStream) -> syn::Result<ItemStruct> {
    let Ok(Item::Struct(item)) = syn::parse2::<Item>(item.clone()) else {
        return Err(Error::new_spanned(
            item,
            "`#[skillset]` goes on a struct, such as `pub struct MySkill;`",
        ));
    };
    match &item.fields {
        Fields::Unit if item.generics.params.is_empty() => Ok(item),
        Fields::Unit => Err(Error::new_spanned(&item.generics, "a skill has no generic parameters")),
        fields => Err(Error::new(
            fields.span(),
            "a skill has no fields of its own; write `pub struct MySkill;` and keep it in a field",
        )),
    }
}

impl Parse for Named {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        use syn::ext::IdentExt;
        let name = Ident::parse_any(input)?;
        let argument = match name.to_string().as_str() {
            "model" => Argument::Model(value(input)?),
            "task" => Argument::Task(value(input)?),
            "crate" => Argument::Crate(value(input)?),
            "backends" => {
                let list;
                parenthesized!(list in input);
                Argument::Backends(
                    Punctuated::<Ident, Token![,]>::parse_terminated(&list)?.into_iter().collect(),
                )
            }
            _ => {
                skip_argument(input)?;
                Argument::Unknown(name.clone())
            }
        };
        Ok(Self { name, argument })
    }
}

/// `= value`
fn value<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

/// Passes over whatever an unknown argument is given, so that those after it are checked too.
fn skip_argument(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

/// Errors of one stage.
#[derive(Default)]
pub struct Errors(Option<Error>);

impl Errors {
    /// Records an error.
    pub fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            none => *none = Some(error),
        }
    }

    /// The value, or none with the error recorded.
    pub fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// All errors as one.
    ///
    /// # Errors
    /// Always.
    pub fn fail<T>(self) -> syn::Result<T> {
        Err(self.0.unwrap_or_else(|| Error::new(Span::call_site(), "the attribute is not valid")))
    }
}
