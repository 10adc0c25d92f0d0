//! The parameters of a step's block or primitive.

use std::collections::BTreeSet;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::error::suggest;
use crate::source::{Data, Node};
use crate::spec::Apply;
use crate::vocabulary::{Callable, Param, Type, Vocabulary};

use super::expr::{Checked, ident};
use super::names::Local;
use super::path::Path;
use super::step::Steps;
use super::typed::{Typed, float};

/// The value of a step.
pub(super) struct Applied {
    pub tokens: TokenStream,
    pub local: Local,
    pub uses: BTreeSet<String>,
}

impl From<Typed> for Applied {
    fn from(typed: Typed) -> Self {
        let ty = match typed.ty {
            Type::Integer => Type::Usize,
            Type::Decimal => Type::F64,
            ref ty => ty.clone(),
        };
        let local = Local { ty: ty.clone(), positive: typed.positive, bits: typed.bits };
        let tokens = typed.coerce(&ty).unwrap_or_else(|_| typed.tokens.clone());
        Self { tokens, local, uses: typed.uses }
    }
}

/// Checked parameters, in the order of the vocabulary.
pub(super) struct Arguments<'a> {
    given: Vec<(&'a Param, Option<TokenStream>)>,
    pub uses: BTreeSet<String>,
}

impl Arguments<'_> {
    /// The arguments of a method.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &TokenStream> {
        self.given.iter().filter_map(|(_, tokens)| tokens.as_ref())
    }

    /// The struct of a block: `Attention { mask, ..Attention::new(x, heads) }`.
    pub(super) fn block(&self, rust: &syn::Ident) -> TokenStream {
        let required = self.given.iter().filter(|(param, _)| param.default.is_none());
        let required = required.filter_map(|(_, tokens)| tokens.as_ref());
        let fields = |optional_only: bool| {
            let given = self.given.iter().filter(move |(param, _)| !optional_only || param.default.is_some());
            given.filter_map(|(param, tokens)| Some(field(&param.name, tokens.as_ref()?))).collect::<Vec<_>>()
        };
        if fields(true).is_empty() {
            quote!(#rust::new(#(#required),*))
        } else if self.given.iter().all(|(param, tokens)| {
            // A list is borrowed by `new`, and the block's own.
            tokens.is_some() && !matches!(param.ty(), Type::List(_))
        }) {
            let fields = fields(false);
            quote!(#rust { #(#fields),* })
        } else {
            let fields = fields(true);
            quote!(#rust { #(#fields,)* ..#rust::new(#(#required),*) })
        }
    }
}

/// `name: value`, or `name` alone where that is the value.
fn field(name: &str, value: &TokenStream) -> TokenStream {
    let ident = ident(name);
    if value.to_string() == name { quote!(#ident) } else { quote!(#ident: #value) }
}

impl Steps<'_> {
    /// Checks the parameters of a step against what `callable` takes.
    pub(super) fn arguments<'a>(
        &mut self,
        name: &str,
        callable: &'a Callable,
        is_block: bool,
        apply: &Apply,
    ) -> Option<Arguments<'a>> {
        let errors_before = self.errors.len();
        // The first parameter of a primitive is what it is applied to.
        let key = |position: usize, param: &'a Param| match (is_block, position) {
            (false, 0) => "of",
            _ => param.name.as_str(),
        };
        let keys: Vec<&str> = callable.params.iter().enumerate().map(|(i, param)| key(i, param)).collect();
        for (given, node) in &apply.params {
            if !keys.contains(&given.as_str()) {
                let hint = suggest(given, keys.iter().copied());
                self.errors.push(&node.at, format_args!("{name:?} has no parameter {given:?}{hint}"));
            }
        }
        let mut arguments = Arguments { given: vec![], uses: BTreeSet::new() };
        for (key, param) in keys.iter().zip(&callable.params) {
            let node = apply.params.iter().find(|(given, _)| given == key).map(|(_, node)| node);
            let tokens = match node {
                Some(node) => self.argument(node, &param.ty(), &mut arguments.uses),
                None if param.default.is_none() => {
                    let ty = param.ty();
                    self.errors.push(&apply.at, format_args!("{name:?} needs the parameter {key:?} ({ty})"));
                    None
                }
                None => None,
            };
            arguments.given.push((param, tokens));
        }
        (self.errors.len() == errors_before).then_some(arguments)
    }

    fn argument(&mut self, node: &Node, ty: &Type, uses: &mut BTreeSet<String>) -> Option<TokenStream> {
        let checked = match (&node.data, ty) {
            (Data::Object(_), Type::Named(record)) => return self.record(node, record),
            (Data::String(text), ty) if is_fixed_string(ty) => self.fixed_string(text, ty),
            (Data::String(text), ty) => self.context().parse_as(text, ty).map(|(tokens, typed)| {
                uses.extend(typed.uses);
                tokens
            }),
            (Data::Null, Type::Option(_)) => Ok(quote!(None)),
            (Data::Bool(_) | Data::Number(_) | Data::Array(_), ty) => {
                self.context().parse_as(&json_text(node), ty).map(|(tokens, typed)| {
                    uses.extend(typed.uses);
                    tokens
                })
            }
            _ => Err(format!("expected {ty}, found {}", node.describe())),
        };
        self.recorded(checked, &node.at)
    }

    /// A checkpoint name, which is what a string says rather than an expression.
    fn fixed_string(&mut self, text: &str, ty: &Type) -> Checked<TokenStream> {
        let path = Path::default().join(text, &self.locals, self.base)?;
        let fixed = path.fixed().ok_or("a fixed name has no numbers of repeated steps in it")?;
        let literal = Literal::string(fixed);
        Ok(if matches!(ty, Type::Option(_)) { quote!(Some(#literal)) } else { quote!(#literal) })
    }

    /// A struct of sub-paths: `AttentionNames { q: "query", ..AttentionNames::default() }`.
    fn record(&mut self, node: &Node, record: &str) -> Option<TokenStream> {
        let Some(fields) = Vocabulary::get().records.get(record) else {
            self.errors.push(&node.at, format_args!("expected {record}, found an object"));
            return None;
        };
        let mut given = vec![];
        for (key, value) in node.members() {
            let Some(param) = fields.iter().find(|field| field.name == *key) else {
                let hint = suggest(key, fields.iter().map(|field| field.name.as_str()));
                self.errors.push(&value.at, format_args!("{record} has no field {key:?}{hint}"));
                continue;
            };
            let tokens = self.argument(value, &param.ty(), &mut BTreeSet::new())?;
            given.push(field(key, &tokens));
        }
        let rust = ident(record);
        let rest = (given.len() < fields.len()).then(|| quote!(..#rust::default()));
        Some(quote!(#rust { #(#given,)* #rest }))
    }
}

fn is_fixed_string(ty: &Type) -> bool {
    match ty {
        Type::Str => true,
        Type::Option(inner) => is_fixed_string(inner),
        _ => false,
    }
}

/// A JSON scalar or list as the text of an expression; strings inside of lists are expressions.
pub(super) fn json_text(node: &Node) -> String {
    match &node.data {
        Data::String(text) => text.clone(),
        Data::Array(items) => {
            let items: Vec<String> = items.iter().map(json_text).collect();
            format!("[{}]", items.join(", "))
        }
        Data::Number(number) if number.is_f64() => float(number.as_f64().unwrap_or_default()).to_string(),
        _ => node.describe(),
    }
}
