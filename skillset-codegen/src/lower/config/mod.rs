//! Config fields of a spec: types, defaults, how they are read.

mod common;
mod field;
mod nested;

use std::collections::BTreeMap;

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::{Expr, ExprUnary, UnOp};

use crate::decode::{Table, Text};
use crate::error::{Errors, Location, suggest};
use crate::source::{Data, Node};
use crate::spec::{Check, Field as SpecField};
use crate::vocabulary::{Type, Vocabulary};

use super::Model;
use super::expr::{Checked, Context, ident};
use super::facts::literal as facts_literal;
use super::names::{ConfigNames, Locals, RESERVED};
use super::nested::Nested;
use super::typed::{float, float_of};

pub(crate) use common::{common_type, field_of};
pub(crate) use field::{Config, Field};
pub(crate) use nested::named as named_nested;

/// The types that a field may have; `?` behind one allows `null`.
const TYPES: [&str; 20] = [
    "Activation",
    "Config",
    "GatedActivation",
    "Labels",
    "LayerTypes",
    "Map<RopeParameters>",
    "OneOrMany<i64>",
    "RopeParameters",
    "Size2",
    "String",
    "Words",
    "[String]",
    "[bool]",
    "[f64]",
    "[i64]",
    "[usize]",
    "bool",
    "f64",
    "i64",
    "usize",
];

/// A list that may be written as its only element.
const LENIENT_LIST: &str = "OneOrMany<i64>";

/// The base of rotary embeddings where neither config nor spec names one, as in transformers.
const ROPE_THETA: f64 = 10_000.0;

/// The field that says how many layers there are.
const LAYERS: &str = "num_hidden_layers";
/// The kind of layers that every architecture with kinds of layers has.
const FULL_ATTENTION: &str = "FullAttention";

/// A checked field.
#[derive(Clone, Debug)]
pub(crate) struct ConfigField {
    pub name: String,
    pub ty: Type,
    pub doc: String,
    pub aliases: Vec<String>,
    /// The type as the spec spells it.
    pub kind: String,
    /// Where its type stands.
    pub at: Location,
    default: Option<Node>,
    /// Older keys with what they fill in.
    beside: Vec<(String, String)>,
    /// The module of the nested config that it is, if the spec names its type.
    module: Option<TokenStream>,
}

/// Checks the fields and enters their types into `names`.
pub(crate) fn lower_fields(
    fields: &Table<SpecField>,
    names: &mut ConfigNames,
    models: &BTreeMap<String, Model>,
    errors: &mut Errors,
) -> Vec<ConfigField> {
    let mut lowered = vec![];
    for (name, field) in fields.iter() {
        if RESERVED.contains(&name.text.as_str()) || syn::parse_str::<syn::Ident>(&name.text).is_err() {
            errors.push(&name.at, format_args!("a field cannot be called {:?} in emitted code", name.text));
            continue;
        }
        let kind = &field.kind;
        if let Some(common) = common_type(&name.text).filter(|common| *common != kind.text) {
            let name = &name.text;
            errors.push(&kind.at, format_args!("{name:?} is a field of every config, of type {common}"));
        }
        match parse_field_type(&name.text, &kind.text, names, models) {
            Ok((ty, module)) => {
                names.fields.insert(name.text.clone(), ty.clone());
                let field = ConfigField {
                    name: name.text.clone(),
                    ty,
                    doc: field.doc.text.clone(),
                    aliases: field.aliases.clone(),
                    kind: field.kind.text.clone(),
                    at: field.kind.at.clone(),
                    default: field.default.clone(),
                    beside: beside(field),
                    module,
                };
                if let (Err(message), Some(default)) = (field.default_tokens(), &field.default) {
                    errors.push(&default.at, message);
                }
                lowered.push(field);
            }
            Err(message) => {
                errors.push(&field.kind.at, message);
                // Expressions may name the field all the same; one error is enough.
                let ty = match named_nested(&field.kind.text) {
                    Some(_) => {
                        names.nested.insert(name.text.clone(), Nested::Chosen(BTreeMap::new()));
                        Type::Config(name.text.clone())
                    }
                    None => Type::Usize,
                };
                names.fields.insert(name.text.clone(), ty);
            }
        }
    }
    lowered
}

/// The type of the field, and the module of the nested config that it is.
fn parse_field_type(
    field: &str,
    kind: &str,
    names: &mut ConfigNames,
    models: &BTreeMap<String, Model>,
) -> Checked<(Type, Option<TokenStream>)> {
    if let Some(nested) = nested::parse(kind, models)? {
        let module = match &nested {
            Nested::Known(model) => Some(model.module()),
            Nested::Chosen(_) => None,
        };
        names.nested.insert(field.to_owned(), nested);
        return Ok((Type::Config(field.to_owned()), module));
    }
    if kind == LENIENT_LIST {
        names.lenient.insert(field.to_owned());
        return Ok((Type::List(Box::new(Type::I64)), None));
    }
    parse_type(kind).map(|ty| (ty, None))
}

fn parse_type(text: &str) -> Checked<Type> {
    let (name, is_optional) = text.strip_suffix('?').map_or((text, false), |name| (name, true));
    if !TYPES.contains(&name) {
        return Err(format!("unknown type {text:?}{}", suggest(name, TYPES)));
    }
    let ty = match name {
        "Size2" => Type::Pair(Box::new(Type::Usize)),
        "Map<RopeParameters>" => Type::Named("LayerRopeParameters".to_owned()),
        _ => Type::parse(name),
    };
    if is_optional
        && matches!(
            name,
            "Labels" | "LayerTypes" | "Map<RopeParameters>" | "RopeParameters" | "Size2" | "Words"
        )
    {
        return Err(format!("{name} reads null as its default; it takes no `?`"));
    }
    Ok(if is_optional { Type::Option(Box::new(ty)) } else { ty })
}

fn beside(field: &SpecField) -> Vec<(String, String)> {
    let keys = field.beside.iter().flat_map(Table::iter);
    keys.map(|(key, target)| (key.text.clone(), target.text.clone())).collect()
}

impl ConfigField {
    /// The default for people: JSON, or that there is none.
    pub(crate) fn default_text(&self) -> String {
        match (&self.default, &self.ty) {
            (Some(default), _) => json(default),
            (None, Type::Config(_)) => "{}".to_owned(),
            (None, Type::Option(_)) => "null".to_owned(),
            (None, Type::Named(name)) if name == "Words" => "null".to_owned(),
            (None, Type::Named(name)) if name != "Activation" => "by its own rules".to_owned(),
            (None, _) => "required".to_owned(),
        }
    }

    /// The field as it is emitted; `None` for one that every config has.
    pub(crate) fn emitted(&self, names: &ConfigNames) -> Option<Field> {
        common_type(&self.name).is_none().then(|| Field {
            key: self.name.clone(),
            ident: ident(&self.name),
            doc: self.doc.clone(),
            aliases: self.aliases.iter().map(|alias| (alias.clone(), self.name.clone())).collect(),
            rust_type: self.rust_type(),
            read: self.read(names),
        })
    }

    /// The default of a field that every config has, where it is another one here.
    pub(crate) fn common_default(&self) -> Option<(syn::Ident, TokenStream)> {
        common_type(&self.name)?;
        let default = self.default_tokens().ok().flatten()?;
        let default = if matches!(self.ty, Type::Option(_)) { quote!(Some(#default)) } else { default };
        Some((ident(&self.name), default))
    }

    /// The default as Rust; `None`: there is none (a nullable field is null then).
    fn default_tokens(&self) -> Checked<Option<TokenStream>> {
        let Some(default) = &self.default else { return Ok(None) };
        if self.kind == LENIENT_LIST {
            return facts_literal(default, LENIENT_LIST).map(Some);
        }
        match (&default.data, &self.ty) {
            (Data::Null, Type::Option(_)) => Ok(None),
            (_, Type::Option(inner)) => literal(default, inner).map(Some),
            (_, ty) => literal(default, ty).map(Some),
        }
    }

    /// The expression that reads the field.
    fn read(&self, names: &ConfigNames) -> TokenStream {
        let name = &self.name;
        // A wrong default has been reported already.
        let default = self.default_tokens().ok().flatten();
        let or_none = default.clone().unwrap_or_else(|| quote!(None));
        if self.kind == LENIENT_LIST {
            return quote!(r.get(#name, #or_none)?);
        }
        match &self.ty {
            Type::Config(_) => nested::read(name, self.default.as_ref(), self.module.as_ref()),
            Type::Named(named) if named == "RopeParameters" => {
                let theta = default.unwrap_or_else(|| {
                    let theta = Literal::f64_unsuffixed(ROPE_THETA);
                    quote!(#theta)
                });
                quote!(RopeParameters::read(r, #theta)?)
            }
            Type::Named(named) if named == "Words" => quote!(r.get(#name, Words::default())?),
            Type::Named(named) if named == "LayerRopeParameters" => {
                let keys = self.beside.iter().map(|(key, target)| quote!((#key, #target)));
                let theta = Literal::f64_unsuffixed(ROPE_THETA);
                let thetas = default
                    .unwrap_or_else(|| quote!(&[("full_attention", #theta), ("sliding_attention", #theta)]));
                quote!(LayerRopeParameters::read(r, #thetas, &[#(#keys),*])?)
            }
            Type::Named(named) if named == "LayerTypes" => quote!(LayerTypes::read(r, #name)?),
            Type::Named(_) => quote!(r.parsed(#name, #or_none)?),
            Type::Pair(_) => quote!(r.size2(#name, #or_none)?),
            Type::Usize if names.counts.contains(name) => quote!(r.count(#name, #or_none)?),
            Type::Usize if names.positive.contains(name) => quote!(r.positive(#name, #or_none)?),
            Type::Option(_) if names.counts.contains(name) => quote!(r.opt_count(#name, #or_none)?),
            Type::Option(inner) => match (getter(inner), default) {
                (None, _) => quote!(r.opt_parsed(#name)?),
                (Some(getter), None) => {
                    let getter = format_ident!("opt_{getter}");
                    quote!(r.#getter(#name)?)
                }
                (Some(getter), Some(default)) => {
                    let getter = format_ident!("opt_{getter}_or");
                    quote!(r.#getter(#name, #default)?)
                }
            },
            Type::List(_) if names.counts.contains(name) => quote!(r.list_count(#name, #or_none)?),
            ty => {
                let getter = format_ident!("{}", getter(ty).unwrap_or_default());
                quote!(r.#getter(#name, #or_none)?)
            }
        }
    }

    /// What a list of kinds of layers must be: one for each layer, and told apart by the architecture.
    pub(crate) fn layer_types_check(&self, names: &ConfigNames) -> Option<Checked<TokenStream>> {
        let (name, ident) = (&self.name, ident(&self.name));
        if self.ty != Type::Named("LayerTypes".to_owned()) {
            return None;
        }
        if names.fields.get(LAYERS) != Some(&Type::Usize) {
            return Some(Err(format!(
                "{name:?} has an entry for each layer, but there is no field {LAYERS:?}"
            )));
        }
        let layers = format_ident!("{LAYERS}");
        let asked = names.layer_types.get(name).into_iter().flatten().map(String::as_str);
        // What no expression asks for is what remains.
        let kinds = std::iter::once(FULL_ATTENTION).chain(asked.filter(|kind| *kind != FULL_ATTENTION));
        let kinds = kinds.map(|kind| format_ident!("{kind}"));
        Some(Ok(quote!(config.#ident.check(r, #name, config.#layers, &[#(LayerType::#kinds),*])?;)))
    }

    fn rust_type(&self) -> TokenStream {
        match (&self.module, &self.ty) {
            (Some(module), _) => quote!(#module::Config),
            (None, Type::Config(_)) => quote!(AnyConfig),
            _ if self.kind == LENIENT_LIST => quote!(OneOrMany<i64>),
            (None, ty) => rust_type(ty),
        }
    }

    /// What must hold of a nested config for there to be graphs of it.
    pub(crate) fn nested_checks(&self, names: &ConfigNames) -> Vec<TokenStream> {
        let nested = names.nested.get(&self.name);
        nested.map(|nested| nested::checks(&self.name, self.default.as_ref(), nested)).unwrap_or_default()
    }

    /// What must hold beyond what the getter checks, so that divisions are safe.
    pub(crate) fn positive_check(&self, names: &ConfigNames) -> Option<TokenStream> {
        let (name, ident) = (&self.name, ident(&self.name));
        if !names.positive.contains(name) {
            return None;
        }
        match &self.ty {
            Type::Pair(_) => Some(quote!(r.require(!config.#ident.contains(&0), #name, "positive sizes")?;)),
            Type::Usize if names.counts.contains(name) => {
                Some(quote!(r.require(config.#ident > 0, #name, "a positive integer")?;))
            }
            _ => None,
        }
    }
}

/// The name of the reader's getter, but for types that are parsed from a string.
fn getter(ty: &Type) -> Option<String> {
    Some(match ty {
        Type::Usize => "usize".to_owned(),
        Type::I64 => "i64".to_owned(),
        Type::F64 => "f64".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::String => "string".to_owned(),
        Type::List(inner) => format!("list_{}", getter(inner)?),
        _ => return None,
    })
}

fn rust_type(ty: &Type) -> TokenStream {
    match ty {
        Type::Option(inner) => {
            let inner = rust_type(inner);
            quote!(Option<#inner>)
        }
        Type::List(inner) => {
            let inner = rust_type(inner);
            quote!(Vec<#inner>)
        }
        Type::Pair(inner) => {
            let inner = rust_type(inner);
            quote!([#inner; 2])
        }
        ty => {
            let name = format_ident!("{}", ty.to_string());
            quote!(#name)
        }
    }
}

/// A JSON value as Rust of the type.
fn literal(node: &Node, ty: &Type) -> Checked<TokenStream> {
    let wrong = || format!("expected {ty}, found {}", node.describe());
    Ok(match (&node.data, ty) {
        (Data::Number(number), Type::Usize) => {
            let value = Literal::u64_unsuffixed(number.as_u64().ok_or_else(wrong)?);
            quote!(#value)
        }
        (Data::Number(number), Type::I64) => {
            let value = number.as_i64().ok_or_else(wrong)?;
            let digits = Literal::u64_unsuffixed(value.unsigned_abs());
            if value < 0 { quote!(-#digits) } else { quote!(#digits) }
        }
        (_, Type::F64) => float(float_of(node).ok_or_else(wrong)?),
        (Data::Number(number), Type::Named(name)) if name == "RopeParameters" => {
            float(number.as_f64().ok_or_else(wrong)?)
        }
        (Data::Object(thetas), Type::Named(name)) if name == "LayerRopeParameters" => {
            let theta = |(kind, theta): &(String, Node)| {
                let theta = literal(theta, &Type::F64)?;
                Ok(quote!((#kind, #theta)))
            };
            let thetas = thetas.iter().map(theta).collect::<Checked<Vec<_>>>()?;
            quote!(&[#(#thetas),*])
        }
        (Data::Object(_), Type::Config(_)) => {
            let text = json(node);
            quote!(#text)
        }
        (Data::Number(_), Type::Pair(inner)) => {
            let value = literal(node, inner)?;
            quote!([#value, #value])
        }
        (Data::Bool(value), Type::Bool) => quote!(#value),
        (Data::String(text), Type::String) => quote!(#text.to_owned()),
        (Data::String(text), Type::Named(name)) if name == "GatedActivation" => {
            let (gated, name) = text.strip_prefix("gated-").map_or((false, &**text), |name| (true, name));
            let name = if gated && name == "gelu" { "gelu_new" } else { name };
            let known = &Vocabulary::get().enums["Activation"];
            let variant = ident(known.names.get(name).ok_or_else(wrong)?);
            quote!(GatedActivation { activation: Activation::#variant, gated: #gated })
        }
        (Data::String(text), Type::Named(name)) => {
            let known = Vocabulary::get().enums.get(name).ok_or_else(wrong)?;
            let variant = known.names.get(text).ok_or_else(|| {
                format!("unknown {name} {text:?}{}", suggest(text, known.names.keys().map(String::as_str)))
            })?;
            let (name, variant) = (ident(name), ident(variant));
            quote!(#name::#variant)
        }
        (Data::Array(items), Type::List(inner)) => {
            let items = items.iter().map(|item| literal(item, inner)).collect::<Checked<Vec<_>>>()?;
            quote!(vec![#(#items),*])
        }
        (Data::Array(items), Type::Pair(inner)) if items.len() == 2 => {
            let items = items.iter().map(|item| literal(item, inner)).collect::<Checked<Vec<_>>>()?;
            quote!([#(#items),*])
        }
        _ => return Err(wrong()),
    })
}

fn json(node: &Node) -> String {
    match &node.data {
        Data::Array(items) => {
            let items: Vec<String> = items.iter().map(json).collect();
            format!("[{}]", items.join(", "))
        }
        Data::Object(_) => float_of(node).map_or_else(|| node.describe(), |value| value.to_string()),
        _ => node.describe(),
    }
}

/// Checks become `r.require(…)?;` statements over `config`.
pub(crate) fn lower_checks(
    checks: &[Check],
    names: &mut ConfigNames,
    errors: &mut Errors,
) -> Vec<TokenStream> {
    let require = |check: &Check, holds: TokenStream| {
        let (field, expected) = (&check.field.text, &check.expected);
        quote!(r.require(#holds, #field, #expected)?;)
    };
    lower_each(checks, "config", names, errors, require)
}

/// Checks of a task become statements over `c` that make its graph fail.
pub(crate) fn lower_task_checks(
    checks: &[Check],
    names: &mut ConfigNames,
    errors: &mut Errors,
) -> Vec<TokenStream> {
    let receiver = quote!(c);
    let refuse = |check: &Check, holds: TokenStream| {
        let (field, expected) = (&check.field.text, &check.expected);
        let found = field_of(&receiver, field);
        let fails = match syn::parse2(holds.clone()) {
            Ok(Expr::Unary(ExprUnary { op: UnOp::Not(_), expr, .. })) => quote!(#expr),
            _ => quote!(!(#holds)),
        };
        quote!(if #fails { g.fail(unsupported(#field, #expected, &#found)); })
    };
    lower_each(checks, "c", names, errors, refuse)
}

fn lower_each(
    checks: &[Check],
    receiver: &'static str,
    names: &mut ConfigNames,
    errors: &mut Errors,
    statement: impl Fn(&Check, TokenStream) -> TokenStream,
) -> Vec<TokenStream> {
    let mut lowered = vec![];
    for check in checks {
        let Text { text: field, at } = &check.field;
        if !names.fields.contains_key(field) {
            let hint = suggest(field, names.fields.keys().map(String::as_str));
            errors.push(at, format_args!("there is no config field {field:?}{hint}"));
        }
        let (vocabulary, locals) = (Vocabulary::get(), Locals::new());
        let mut context = Context { config: names, locals: &locals, vocabulary, receiver, symbols: &[] };
        match context.parse_as(&check.require.text, &Type::Bool) {
            Ok((tokens, _)) => lowered.push(statement(check, tokens)),
            Err(message) => errors.push(&check.require.at, message),
        }
    }
    lowered
}
