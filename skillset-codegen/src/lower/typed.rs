//! Expressions with their types, and what a type can stand for.

use std::collections::BTreeSet;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::source::{Data, Node};
use crate::vocabulary::Type;

/// How tightly an expression binds; parentheses are added only where they are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Binding {
    If,
    Or,
    And,
    Compare,
    Sum,
    Product,
    Cast,
    Unary,
    Atom,
}

/// A checked expression.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub tokens: TokenStream,
    pub ty: Type,
    pub binding: Binding,
    /// Names bound by steps that it reads, `g` among them if it adds to the graph.
    pub uses: BTreeSet<String>,
    /// Config fields that it reads.
    pub fields: BTreeSet<String>,
    /// The value of an integer literal.
    pub literal: Option<i64>,
    /// The elements of an array literal.
    pub items: Option<Vec<Typed>>,
    /// Whether it is a field or name, which a use must clone if the type is not `Copy`.
    pub is_place: bool,
    /// Whether it is a number that cannot be zero.
    pub positive: bool,
    /// How many bits its value can need, if it is a size.
    pub bits: u32,
}

impl Typed {
    pub(crate) fn new(tokens: TokenStream, ty: Type, binding: Binding) -> Self {
        Self {
            tokens,
            ty,
            binding,
            uses: BTreeSet::new(),
            fields: BTreeSet::new(),
            literal: None,
            items: None,
            is_place: false,
            positive: false,
            bits: 64,
        }
    }

    /// Takes over what `others` read.
    pub(crate) fn reading(mut self, others: &[&Typed]) -> Self {
        for other in others {
            self.uses.extend(other.uses.iter().cloned());
            self.fields.extend(other.fields.iter().cloned());
        }
        self
    }

    /// The tokens, in parentheses if they bind less tightly than `binding`.
    pub(crate) fn at_least(&self, binding: Binding) -> TokenStream {
        let tokens = &self.tokens;
        if self.binding >= binding { tokens.clone() } else { quote!((#tokens)) }
    }

    /// The tokens of the expression where `expected` is wanted.
    pub(crate) fn coerce(&self, expected: &Type) -> Result<TokenStream, String> {
        self.convert(expected).ok_or_else(|| {
            let found = match self.literal {
                Some(value) => value.to_string(),
                None => self.ty.to_string(),
            };
            let remedy = match (&self.ty, expected) {
                (Type::Option(inner), expected) if **inner == *expected => {
                    "; `.unwrap_or(…)` gives it a default"
                }
                (Type::Usize, Type::F64) => "; `as f64` converts it",
                _ => "",
            };
            format!("expected {expected}, found {found}{remedy}")
        })
    }

    /// The expression as one of type `ty`.
    pub(super) fn coerced(&self, ty: &Type) -> Result<Self, String> {
        let tokens = self.coerce(ty)?;
        Ok(Self { tokens, ty: ty.clone(), literal: None, ..self.clone() })
    }

    /// The expression as an owned dim.
    pub(super) fn as_dim(&self) -> Result<Self, String> {
        if self.ty == Type::Dim {
            return self.coerced(&Type::Dim);
        }
        let size = self.coerce(&Type::Usize)?;
        let tokens = quote!(Dim::from(#size));
        Ok(Self { tokens, ty: Type::Dim, binding: Binding::Atom, ..self.clone() })
    }

    fn convert(&self, expected: &Type) -> Option<TokenStream> {
        let tokens = &self.tokens;
        if let Some(items) = &self.items {
            return convert_items(items, expected);
        }
        if let Some(value) = self.literal {
            return convert_integer(value, expected);
        }
        Some(match (&self.ty, expected) {
            (found, expected) if found == expected => {
                if self.is_place && !self.ty.is_copy() {
                    quote!(#tokens.clone())
                } else {
                    tokens.clone()
                }
            }
            (Type::Decimal, Type::F64 | Type::Operand) => tokens.clone(),
            (Type::Value | Type::Usize | Type::F64, Type::Operand) => tokens.clone(),
            (Type::Usize, Type::Dim) => tokens.clone(),
            (Type::Str, Type::String) => quote!(#tokens.to_owned()),
            (Type::None, Type::Option(_)) => tokens.clone(),
            (_, Type::Option(inner)) => {
                let tokens = self.convert(inner)?;
                quote!(Some(#tokens))
            }
            _ => return None,
        })
    }
}

fn convert_integer(value: i64, expected: &Type) -> Option<TokenStream> {
    let whole = Literal::i64_unsuffixed(value.checked_abs()?);
    let decimal = Literal::f64_unsuffixed(value.checked_abs()? as f64);
    let sign = (value < 0).then(|| quote!(-));
    match expected {
        Type::Usize | Type::Dim => (value >= 0).then(|| quote!(#whole)),
        Type::Isize | Type::I64 | Type::Integer => Some(quote!(#sign #whole)),
        Type::F64 | Type::Operand | Type::Decimal => Some(quote!(#sign #decimal)),
        Type::Option(inner) => {
            let tokens = convert_integer(value, inner)?;
            Some(quote!(Some(#tokens)))
        }
        _ => None,
    }
}

fn convert_items(items: &[Typed], expected: &Type) -> Option<TokenStream> {
    let convert = |inner: &Type| -> Option<Vec<TokenStream>> {
        let into = matches!(inner, Type::Dim);
        let items = items.iter().map(|item| {
            let tokens = match item.literal {
                // `.into()` on a bare literal would be an `i32`.
                Some(value) if into => {
                    let value = Literal::usize_suffixed(usize::try_from(value).ok()?);
                    quote!(#value)
                }
                _ => item.convert(inner)?,
            };
            if !into || item.ty == Type::Dim {
                return Some(tokens);
            }
            // A call binds more tightly than arithmetic does.
            let size = if item.literal.is_some() { tokens } else { item.at_least(Binding::Atom) };
            Some(quote!(#size.into()))
        });
        items.collect()
    };
    match expected {
        Type::List(inner) => {
            let items = convert(inner)?;
            Some(quote!(&[#(#items),*]))
        }
        Type::Pair(inner) if items.len() == 2 => {
            let items = convert(inner)?;
            Some(quote!([#(#items),*]))
        }
        Type::Option(inner) => {
            let tokens = convert_items(items, inner)?;
            Some(quote!(Some(#tokens)))
        }
        _ => None,
    }
}

/// A float of a spec. What JSON has no number for is written as transformers does: `{"__float__": "Infinity"}`.
pub(crate) fn float_of(node: &Node) -> Option<f64> {
    match &node.data {
        Data::Number(number) => number.as_f64(),
        _ => match node.get("__float__")?.as_str()? {
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            "NaN" => Some(f64::NAN),
            _ => None,
        },
    }
}

/// A float as people write it: `1e-12` rather than twelve zeros.
pub(crate) fn float(value: f64) -> TokenStream {
    match value {
        f64::INFINITY => return quote!(f64::INFINITY),
        f64::NEG_INFINITY => return quote!(f64::NEG_INFINITY),
        value if value.is_nan() => return quote!(f64::NAN),
        _ => {}
    }
    let size = value.abs();
    if size == 0.0 || (1e-3..1e9).contains(&size) {
        let literal = Literal::f64_unsuffixed(value.abs());
        return if value < 0.0 { quote!(-#literal) } else { quote!(#literal) };
    }
    let text = format!("{value:e}");
    text.parse().unwrap_or_else(|_| {
        let literal = Literal::f64_unsuffixed(value);
        quote!(#literal)
    })
}
