//! Inputs: dims are expressions over symbols and config fields.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use crate::decode::Table;
use crate::error::Errors;
use crate::spec::{DType, Input};
use crate::vocabulary::{Type, Vocabulary};

use super::expr::Context;
use super::names::{ConfigNames, Local, Locals};
use super::statement::Statement;

/// Sizes that only a run knows. `past` is what a key/value cache holds.
pub(crate) const SYMBOLS: [&str; 15] = [
    "batch", "boxes", "channels", "choices", "frames", "height", "images", "past", "points", "prompts",
    "samples", "sequence", "source", "target", "width",
];

/// A checked input.
#[derive(Debug)]
pub(crate) struct LoweredInput {
    pub name: String,
    pub dtype: DType,
    pub is_optional: bool,
    pub is_special: bool,
    pub is_private: bool,
    pub statement: Statement,
}

impl LoweredInput {
    /// Whether it is no tensor but a switch.
    pub(crate) fn is_flag(&self) -> bool {
        self.dtype == DType::Flag
    }

    /// The names that its sizes and its condition depend on.
    pub(super) fn reads(&self) -> impl Iterator<Item = &String> {
        let Statement::Let { uses, .. } = &self.statement else { unreachable!("an input binds its name") };
        uses.iter()
    }
}

/// Checks the inputs and binds their names; flags come first, as dims may depend on them.
pub(crate) fn lower_inputs(
    inputs: &Table<Input>,
    names: &mut ConfigNames,
    locals: &mut Locals,
    errors: &mut Errors,
) -> Vec<LoweredInput> {
    let is_flag = |input: &Input| input.dtype == DType::Flag;
    let flags = inputs.iter().filter(|(_, input)| is_flag(input));
    let tensors = inputs.iter().filter(|(_, input)| !is_flag(input));
    let mut lowered = vec![];
    for (name, input) in flags.chain(tensors) {
        if names.fields.contains_key(&name.text) || syn::parse_str::<syn::Ident>(&name.text).is_err() {
            errors.push(&name.at, format_args!("an input cannot be called {:?}", name.text));
            continue;
        }
        let is_optional = input.optional || input.special;
        if is_flag(input) && (is_optional || input.when.is_some() || !input.dims.is_empty()) {
            errors.push(&input.at, "a flag has none of `dims`, `optional`, `special` and `when`");
        }
        if input.default && !is_flag(input) {
            errors.push(&input.at, "only a flag has a `default`");
        }
        if input.private && !is_flag(input) {
            errors.push(&input.at, "only a flag is `private`");
        }
        let (value, uses) = lower_input(&name.text, input, names, locals, errors);
        let ty = match input.dtype {
            DType::Flag => Type::Bool,
            _ if is_optional || input.when.is_some() => Type::Option(Box::new(Type::Value)),
            _ => Type::Value,
        };
        locals.insert(name.text.clone(), Local::new(ty));
        let statement = Statement::Let { name: name.text.clone(), value, uses, at: name.at.clone() };
        lowered.push(LoweredInput {
            name: name.text.clone(),
            dtype: input.dtype,
            is_optional,
            is_special: input.special,
            is_private: input.private,
            statement,
        });
    }
    lowered
}

/// The expression that declares the input, and the names it reads.
fn lower_input(
    name: &str,
    input: &Input,
    names: &mut ConfigNames,
    locals: &Locals,
    errors: &mut Errors,
) -> (TokenStream, BTreeSet<String>) {
    let (mut dims, mut uses) = (vec![], BTreeSet::from(["g".to_owned()]));
    let (vocabulary, symbols) = (Vocabulary::get(), &SYMBOLS);
    let mut context = Context { config: names, locals, vocabulary, receiver: "c", symbols };
    for dim in &input.dims {
        match context.parse(&dim.text).and_then(|typed| typed.as_dim()) {
            Ok(typed) => {
                dims.push(typed.tokens);
                uses.extend(typed.uses);
            }
            Err(message) => errors.push(&dim.at, message),
        }
    }
    let condition = input.when.as_ref().and_then(|when| {
        let condition = context.parse_as(&when.text, &Type::Bool);
        condition.map_err(|message| errors.push(&when.at, message)).ok()
    });
    let dtype = match input.dtype {
        DType::F32 => quote!(DType::F32),
        DType::I64 => quote!(DType::I64),
        DType::Bool => quote!(DType::Bool),
        DType::Flag if input.default => return (quote!(g.default_flag(#name)), uses),
        DType::Flag => return (quote!(g.flag(#name)), uses),
    };
    let is_optional = input.optional || input.special;
    let method = if is_optional { quote!(optional_input) } else { quote!(input) };
    let declared = quote!(g.#method(#name, #dtype, &[#(#dims),*]));
    let Some((tokens, condition)) = condition else { return (declared, uses) };
    uses.extend(condition.uses);
    let declared = if is_optional { declared } else { quote!(Some(#declared)) };
    (quote!(if #tokens { #declared } else { None }), uses)
}
