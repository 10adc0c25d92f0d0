//! Harvested config fields: types, defaults, how they are read.

use std::collections::BTreeSet;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::error::{Errors, suggest};
use crate::source::{Data, Node};
use crate::spec::{Fact, Facts, Listing};
use crate::vocabulary::Vocabulary;

use super::expr::{Checked, ident};
use super::typed::float;

/// A model type, or a part of the configs of others, of which only facts are known.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub listing: Listing,
    pub fields: Vec<ListedField>,
    /// The types that its config nests.
    pub nests: BTreeSet<String>,
}

/// A field of a harvested config.
#[derive(Clone, Debug)]
pub(crate) struct ListedField {
    pub name: String,
    pub doc: String,
    /// The type as the harvest spells it.
    pub kind: String,
    /// The default as JSON, or words for where it comes from.
    pub default: String,
    pub aliases: Vec<String>,
    pub rust_type: TokenStream,
    /// The expression that reads it.
    pub read: TokenStream,
}

/// Where the code of nested configs is.
pub(crate) type Paths<'a> = &'a dyn Fn(&str) -> Option<TokenStream>;

/// Checks the facts of a type; `docs` has a line for a field's name.
pub(crate) fn lower_listing(
    listing: Listing,
    docs: &dyn Fn(&str) -> Option<String>,
    paths: Paths<'_>,
    errors: &mut Errors,
) -> Listed {
    let (fields, nests) = lower_facts(&listing.facts, docs, paths, errors);
    Listed { listing, fields, nests }
}

fn lower_facts(
    facts: &Facts,
    docs: &dyn Fn(&str) -> Option<String>,
    paths: Paths<'_>,
    errors: &mut Errors,
) -> (Vec<ListedField>, BTreeSet<String>) {
    let (mut fields, mut nests) = (vec![], BTreeSet::new());
    for (name, fact) in facts.config.iter() {
        let kind = Kind::parse(&fact.kind.text);
        nests.extend(kind.nested().map(str::to_owned));
        let read = kind.rust_type(paths).and_then(|ty| Ok((ty, kind.read(&name.text, fact, paths)?)));
        match read {
            Ok((rust_type, read)) => fields.push(ListedField {
                name: name.text.clone(),
                doc: docs(&name.text).unwrap_or_else(|| format!("`{}`", name.text)),
                kind: fact.kind.text.clone(),
                default: kind.default_text(fact),
                aliases: fact.aliases.clone().unwrap_or_default(),
                rust_type,
                read,
            }),
            Err(message) => errors.push(&fact.kind.at, message),
        }
    }
    (fields, nests)
}

/// A type of a field, as the harvest spells it: `OneOrMany<i64>?`.
struct Kind<'a> {
    name: &'a str,
    optional: bool,
}

impl<'a> Kind<'a> {
    fn parse(text: &'a str) -> Self {
        let name = text.strip_suffix('?');
        Self { name: name.unwrap_or(text), optional: name.is_some() }
    }

    /// What stands between `open` and `>`.
    fn argument(&self, open: &str) -> Option<&'a str> {
        self.name.strip_prefix(open)?.strip_suffix('>')
    }

    /// The type of a nested config.
    fn nested(&self) -> Option<&'a str> {
        self.argument("Config<")
    }

    fn is_rope(&self) -> bool {
        matches!(self.name, "RopeParameters" | "Map<RopeParameters>")
    }

    /// What a missing field means.
    fn default_text(&self, fact: &Fact) -> String {
        match &fact.default {
            Some(default) => json(default),
            None if fact.derived == Some(true) => "from other fields".to_owned(),
            None if self.is_rope() => "by its own rules".to_owned(),
            None if !self.optional && (self.nested().is_some() || self.name == "Config") => "{}".to_owned(),
            None => "null".to_owned(),
        }
    }

    fn is_json(&self) -> bool {
        self.is_rope() || self.name == "Json"
    }

    fn rust_type(&self, paths: Paths<'_>) -> Checked<TokenStream> {
        let plain = match self.nested() {
            Some(nested) => nested_path(nested, paths).map(|path| quote!(#path::Config))?,
            None => plain_type(self.name)?,
        };
        // JSON has a null of its own.
        Ok(if self.optional && !self.is_json() { quote!(Option<#plain>) } else { plain })
    }

    /// The expression that reads the field `name`.
    fn read(&self, name: &str, fact: &Fact, paths: Paths<'_>) -> Checked<TokenStream> {
        if self.is_rope() {
            let default = rope_default(fact.default.as_ref());
            return Ok(quote!(r.rope_parameters(#default)?));
        }
        if self.name == "Json" {
            let default = fact.default.as_ref().map_or_else(|| "null".to_owned(), json);
            return Ok(quote!(r.json(#name, #default)?));
        }
        if let Some(nested) = self.nested() {
            let (path, default) = (nested_path(nested, paths)?, json_or_empty(fact.default.as_ref()));
            return Ok(match self.optional {
                true => quote!(r.opt_config(#name, #path::Config::read)?),
                false => quote!(r.config(#name, #default, #path::Config::read)?),
            });
        }
        if self.name == "Config" {
            let default = json_or_empty(fact.default.as_ref());
            return Ok(match self.optional {
                true => quote!(r.opt_any_config(#name)?),
                false => quote!(r.any_config(#name, #default)?),
            });
        }
        let default = fact.default.as_ref().map(|default| literal(default, self.name)).transpose()?;
        let getters = match getter(self.name) {
            Some(name) => [name.to_owned(), format!("opt_{name}"), format!("opt_{name}_or")],
            None => ["get", "opt", "opt_or"].map(str::to_owned),
        };
        let [plain, opt, opt_or] = getters.map(|name| ident(&name));
        Ok(match (self.optional, default) {
            (false, None) => quote!(r.#plain(#name, None)?),
            (false, Some(default)) => quote!(r.#plain(#name, #default)?),
            (true, None) => quote!(r.#opt(#name)?),
            (true, Some(default)) => quote!(r.#opt_or(#name, #default)?),
        })
    }
}

fn nested_path(nested: &str, paths: Paths<'_>) -> Checked<TokenStream> {
    paths(nested).ok_or_else(|| format!("there is no config of type {nested:?}"))
}

/// The name of the reader's getter; none for types that only the generic ones read.
fn getter(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "usize" => "usize",
        "i64" => "i64",
        "f64" => "f64",
        "bool" => "bool",
        "String" => "string",
        "Activation" => "parsed",
        "[usize]" => "list_usize",
        "[i64]" => "list_i64",
        "[f64]" => "list_f64",
        "[bool]" => "list_bool",
        "[String]" => "list_string",
        _ => return None,
    })
}

fn plain_type(kind: &str) -> Checked<TokenStream> {
    if let Some(item) = kind.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let item = plain_type(item)?;
        return Ok(quote!(Vec<#item>));
    }
    for generic in ["OneOrMany", "OrString"] {
        let argument = kind.strip_prefix(generic).and_then(|rest| rest.strip_prefix('<')?.strip_suffix('>'));
        if let Some(argument) = argument {
            let (generic, argument) = (ident(generic), plain_type(argument)?);
            return Ok(quote!(#generic<#argument>));
        }
    }
    Ok(match kind {
        "usize" | "i64" | "f64" | "bool" | "String" | "Activation" => {
            let name = ident(kind);
            quote!(#name)
        }
        "Size2" => quote!([usize; 2]),
        "Config" => quote!(AnyConfig),
        "Json" | "RopeParameters" | "Map<RopeParameters>" => quote!(Json),
        _ => {
            const KNOWN: [&str; 12] = [
                "usize",
                "i64",
                "f64",
                "bool",
                "String",
                "Activation",
                "Size2",
                "Config",
                "Json",
                "RopeParameters",
                "OneOrMany<…>",
                "OrString<…>",
            ];
            return Err(format!("unknown type {kind:?}{}", suggest(kind, KNOWN)));
        }
    })
}

/// A default as Rust of the type.
fn literal(node: &Node, kind: &str) -> Checked<TokenStream> {
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
        (Data::Number(number), "f64") => float(number.as_f64().ok_or_else(wrong)?),
        (Data::Object(_), "f64") => match node.get("__float__").and_then(Node::as_str) {
            Some("Infinity") => quote!(f64::INFINITY),
            Some("-Infinity") => quote!(f64::NEG_INFINITY),
            Some("NaN") => quote!(f64::NAN),
            _ => return Err(wrong()),
        },
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
fn rope_default(default: Option<&Node>) -> String {
    match default {
        None => "null".to_owned(),
        Some(Node { data: Data::Number(theta), .. }) => {
            format!(r#"{{"rope_type":"default","rope_theta":{theta}}}"#)
        }
        Some(node) => json(node),
    }
}

fn json_or_empty(default: Option<&Node>) -> String {
    default.map_or_else(|| "{}".to_owned(), json)
}

/// A node as JSON text.
fn json(node: &Node) -> String {
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
