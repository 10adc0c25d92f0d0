//! Harvested defaults as Rust, and as JSON text.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::lower::expr::{Checked, ident};
use crate::lower::typed::{float, float_of};
use crate::source::{Data, Node};
use crate::vocabulary::Vocabulary;

/// A default as Rust of the type.
pub(crate) fn literal(node: &Node, kind: &str) -> Checked<TokenStream> {
    let wrong = || format!("expected a default of type {kind}, found {}", node.describe());
    let items = |item: &str| match &node.data {
        Data::Array(items) => items.iter().map(|node| literal(node, item)).collect::<Checked<Vec<_>>>(),
        _ => Err(wrong()),
    };
    if let Some(item) = kind.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let items = items(item)?;
        return Ok(quote!(vec![#(#items),*]));
    }
    if let Some(argument) = kind.strip_prefix("OneOrMany<").and_then(|rest| rest.strip_suffix('>')) {
        return match &node.data {
            Data::Array(_) => items(argument).map(|items| quote!(OneOrMany::Many(vec![#(#items),*]))),
            _ => literal(node, argument).map(|one| quote!(OneOrMany::One(#one))),
        };
    }
    if let Some(argument) = kind.strip_prefix("OrString<").and_then(|rest| rest.strip_suffix('>')) {
        return match &node.data {
            Data::String(word) => Ok(quote!(OrString::Word(#word.to_owned()))),
            _ => literal(node, argument).map(|value| quote!(OrString::Plain(#value))),
        };
    }
    Ok(match (&node.data, kind) {
        (Data::Number(number), "usize") => {
            let value = Literal::u64_unsuffixed(number.as_u64().ok_or_else(wrong)?);
            quote!(#value)
        }
        (Data::Number(number), "i64") => {
            let value = number.as_i64().ok_or_else(wrong)?;
            let digits = Literal::u64_unsuffixed(value.unsigned_abs());
            if value < 0 { quote!(-#digits) } else { quote!(#digits) }
        }
        (_, "f64") => float(float_of(node).ok_or_else(wrong)?),
        (Data::Bool(value), "bool") => quote!(#value),
        (Data::String(text), "String") => quote!(#text.to_owned()),
        (Data::String(text), "Activation") => {
            let known = &Vocabulary::get().enums["Activation"];
            let variant = ident(known.names.get(text).ok_or_else(wrong)?);
            quote!(Activation::#variant)
        }
        (Data::Array(_), "Size2") => {
            let items = items("usize")?;
            quote!([#(#items),*])
        }
        (_, "Size2") => {
            let size = literal(node, "usize")?;
            quote!([#size, #size])
        }
        _ => return Err(wrong()),
    })
}

/// The rotary parameters of a type where a config gives none, as JSON.
pub(super) fn rope_default(default: Option<&Node>) -> String {
    match default {
        None => "null".to_owned(),
        Some(Node { data: Data::Number(theta), .. }) => {
            format!(r#"{{"rope_type":"default","rope_theta":{theta}}}"#)
        }
        Some(node) => json(node),
    }
}

pub(crate) fn json_or_empty(default: Option<&Node>) -> String {
    default.map_or_else(|| "{}".to_owned(), json)
}

/// A node as JSON text.
pub(super) fn json(node: &Node) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match &node.data {
        Data::Null => "null".to_owned(),
        Data::Bool(value) => value.to_string(),
        Data::Number(number) => number.to_string(),
        Data::String(text) => quoted(text),
        Data::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(",")),
        Data::Object(members) => {
            let members = members.iter().map(|(key, value)| format!("{}:{}", quoted(key), json(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}
