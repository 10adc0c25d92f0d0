//! Method calls in expressions.

use quote::{format_ident, quote};

use crate::error::suggest;
use crate::vocabulary::{Param, Type};

use super::expr::{Checked, Context};
use super::nested::Nested;
use super::typed::{Binding, Typed};

impl Context<'_> {
    pub(super) fn check_method(
        &mut self,
        receiver: &Typed,
        method: &str,
        arguments: &[Typed],
    ) -> Checked<Typed> {
        match &receiver.ty {
            Type::Value => self.check_value_method(receiver, method, arguments),
            Type::Option(inner) => check_option_method(receiver, inner, method, arguments),
            Type::Usize | Type::Integer => self.check_size_method(receiver, method, arguments),
            Type::F64 | Type::Decimal => check_number_method(receiver, method, arguments),
            Type::String => {
                let known = ["contains", "ends_with", "starts_with"];
                plain(receiver, method, arguments, &known, &[Type::Str], Type::Bool)
            }
            Type::List(inner) => check_list_method(receiver, inner, method, arguments),
            Type::Named(name) if name == "Labels" => check_labels_method(receiver, method, arguments),
            Type::Named(name) if name == "Words" => {
                plain(receiver, method, arguments, &["contains"], &[Type::Str], Type::Bool)
            }
            Type::Named(name) if name == "GatedActivation" => match method {
                "is_gated" => plain(receiver, method, arguments, &[method], &[], Type::Bool),
                _ => {
                    let activation = Type::Named("Activation".to_owned());
                    plain(receiver, method, arguments, &["activation", "is_gated"], &[], activation)
                }
            },
            Type::Named(name) if name == "LayerTypes" => self.check_layer_types(receiver, method, arguments),
            Type::Named(name) if name == "LayerRopeParameters" => {
                let returns = Type::Named("RopeParameters".to_owned());
                plain(receiver, method, arguments, &["full", "sliding"], &[], returns)
            }
            Type::Named(name) if name == "RopeParameters" => {
                plain(receiver, method, arguments, &["score_factor"], &[], Type::F64)
            }
            Type::Config(field) if matches!(self.config.nested.get(field), Some(Nested::Chosen(_))) => {
                plain(receiver, method, arguments, &["is_given"], &[], Type::Bool)
            }
            ty => Err(format!("{ty} has no methods")),
        }
    }

    /// Any primitive, its first parameter in front: `x.select(1, 0)`.
    fn check_value_method(&mut self, receiver: &Typed, method: &str, arguments: &[Typed]) -> Checked<Typed> {
        let axis = Param { name: "axis".into(), kind: "isize".into(), default: None, doc: String::new() };
        let (rust, params, returns) = match self.vocabulary.primitives.get(method) {
            Some(primitive) => (&*primitive.rust, &primitive.params[1..], Type::parse(&primitive.returns)),
            None if method == "dim" => ("dim", std::slice::from_ref(&axis), Type::Dim),
            None => {
                let known = self.vocabulary.primitives.keys().map(String::as_str);
                return Err(format!("there is no primitive {method:?}{}", suggest(method, known)));
            }
        };
        if params.len() != arguments.len() {
            let names: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
            return Err(format!(
                "`.{method}` takes ({}), found {} arguments",
                names.join(", "),
                arguments.len()
            ));
        }
        let mut tokens = vec![receiver.tokens.clone()];
        for (param, argument) in params.iter().zip(arguments) {
            tokens.push(argument.coerce(&param.ty()).map_err(|error| format!("{}: {error}", param.name))?);
        }
        let rust = format_ident!("{rust}");
        let call = Typed::new(quote!(g.#rust(#(#tokens),*)), returns, Binding::Atom);
        let mut call = call.reading(&[receiver]).reading(&arguments.iter().collect::<Vec<_>>());
        call.uses.insert("g".to_owned());
        Ok(call)
    }

    /// `layer_types.is_sliding(i)`, `layer_types.has_sliding()`; what is asked for is described.
    fn check_layer_types(&mut self, receiver: &Typed, method: &str, arguments: &[Typed]) -> Checked<Typed> {
        let known = LAYER_TYPES.map(|(name, _)| name);
        let takes: &[Type] = if method.starts_with("has_") { &[] } else { &[Type::Usize] };
        let answer = plain(receiver, method, arguments, &known, takes, Type::Bool)?;
        for (_, kind) in LAYER_TYPES.iter().filter(|(name, _)| *name == method) {
            for field in &receiver.fields {
                self.config.layer_types.entry(field.clone()).or_default().insert((*kind).to_owned());
            }
        }
        Ok(answer)
    }

    fn check_size_method(&mut self, receiver: &Typed, method: &str, arguments: &[Typed]) -> Checked<Typed> {
        let receiver = &Typed { tokens: receiver.coerce(&Type::Usize)?, ty: Type::Usize, ..receiver.clone() };
        match (method, arguments) {
            ("div_ceil" | "is_multiple_of", [divisor]) => {
                self.check_divisor(divisor)?;
                let returns = if method == "div_ceil" { Type::Usize } else { Type::Bool };
                let mut result = plain(receiver, method, arguments, &[method], &[Type::Usize], returns)?;
                result.bits = receiver.bits;
                Ok(result)
            }
            _ => {
                let known = ["abs_diff", "div_ceil", "is_multiple_of", "max", "min"];
                let mut result = plain(receiver, method, arguments, &known, &[Type::Usize], Type::Usize)?;
                let other = &arguments[0];
                result.positive = match method {
                    "max" => receiver.positive || other.positive,
                    "min" => receiver.positive && other.positive,
                    _ => false,
                };
                result.bits = receiver.bits.max(other.bits);
                Ok(result)
            }
        }
    }
}

/// Questions about one layer, and about all (`has_`), with the kind that each asks for.
const LAYER_TYPES: [(&str, &str); 5] = [
    ("has_sliding", "SlidingAttention"),
    ("is_chunked", "ChunkedAttention"),
    ("is_full", "FullAttention"),
    ("is_linear", "LinearAttention"),
    ("is_sliding", "SlidingAttention"),
];

fn check_option_method(receiver: &Typed, inner: &Type, method: &str, arguments: &[Typed]) -> Checked<Typed> {
    match (method, inner) {
        ("is_some" | "is_none", _) => plain(receiver, method, arguments, &[method], &[], Type::Bool),
        ("get", Type::List(item)) => {
            let list = Typed { tokens: quote!(list), ..receiver.clone() };
            let mut got = check_list_method(&list, item, method, arguments)?;
            let (option, get) = (receiver.at_least(Binding::Atom), &got.tokens);
            got.tokens = quote!(#option.as_ref().and_then(|list| #get));
            Ok(got.reading(&[receiver]))
        }
        _ => {
            let owned = Typed { tokens: receiver.coerce(&receiver.ty)?, ..receiver.clone() };
            let known = ["is_none", "is_some", "unwrap_or"];
            let mut result =
                plain(&owned, method, arguments, &known, std::slice::from_ref(inner), inner.clone())?;
            result.bits = receiver.bits.max(arguments[0].bits);
            Ok(result)
        }
    }
}

fn check_number_method(receiver: &Typed, method: &str, arguments: &[Typed]) -> Checked<Typed> {
    let receiver = &Typed { ty: Type::F64, ..receiver.clone() };
    let (unary, binary) = (["abs", "ceil", "exp", "floor", "ln", "recip", "sqrt"], ["max", "min", "powf"]);
    if unary.contains(&method) {
        return plain(receiver, method, arguments, &unary, &[], Type::F64);
    }
    let known = [&unary[..], &binary[..]].concat();
    plain(receiver, method, arguments, &known, &[Type::F64], Type::F64)
}

fn check_labels_method(receiver: &Typed, method: &str, arguments: &[Typed]) -> Checked<Typed> {
    let known = ["is_empty", "len"];
    if method == "is_empty" {
        return plain(receiver, method, arguments, &known, &[], Type::Bool);
    }
    let mut len = plain(receiver, method, arguments, &known, &[], Type::Usize)?;
    len.bits = super::names::SIZE_BITS;
    Ok(len)
}

fn check_list_method(receiver: &Typed, inner: &Type, method: &str, arguments: &[Typed]) -> Checked<Typed> {
    match method {
        "get" => {
            let option = Type::Option(Box::new(inner.clone()));
            let mut got = plain(receiver, method, arguments, &["get"], &[Type::Usize], option)?;
            if arguments[0].literal == Some(0) {
                let list = receiver.at_least(Binding::Atom);
                got.tokens = quote!(#list.first());
            }
            let (tokens, own) = (&got.tokens, if inner.is_copy() { quote!(copied) } else { quote!(cloned) });
            got.tokens = quote!(#tokens.#own());
            got.bits = receiver.bits;
            Ok(got)
        }
        "is_empty" => plain(receiver, method, arguments, &["is_empty"], &[], Type::Bool),
        "contains" if inner.is_copy() => {
            let mut found =
                plain(receiver, method, arguments, &[method], std::slice::from_ref(inner), Type::Bool)?;
            let (list, item) = (receiver.at_least(Binding::Atom), arguments[0].at_least(Binding::Atom));
            found.tokens = quote!(#list.contains(&#item));
            Ok(found)
        }
        _ => {
            let known = ["contains", "get", "is_empty", "len"];
            let mut len = plain(receiver, method, arguments, &known, &[], Type::Usize)?;
            len.bits = super::names::COUNT_BITS;
            Ok(len)
        }
    }
}

/// A method that is emitted as it is written.
fn plain(
    receiver: &Typed,
    method: &str,
    arguments: &[Typed],
    known: &[&str],
    params: &[Type],
    returns: Type,
) -> Checked<Typed> {
    if !known.contains(&method) {
        let hint = suggest(method, known.iter().copied());
        return Err(format!("{} has no method {method:?}{hint}", receiver.ty));
    }
    if params.len() != arguments.len() {
        return Err(format!("`.{method}` takes {} arguments, found {}", params.len(), arguments.len()));
    }
    let coerced = arguments.iter().zip(params).map(|(argument, ty)| argument.coerce(ty));
    let coerced = coerced.collect::<Checked<Vec<_>>>()?;
    let (inner, method) = (receiver.at_least(Binding::Atom), format_ident!("{method}"));
    let call = Typed::new(quote!(#inner.#method(#(#coerced),*)), returns, Binding::Atom);
    Ok(call.reading(&[receiver]).reading(&arguments.iter().collect::<Vec<_>>()))
}
