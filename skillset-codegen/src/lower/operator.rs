//! Operators: arithmetic of sizes, numbers, dims and values.

use proc_macro2::Literal;
use quote::{ToTokens, format_ident, quote};
use syn::BinOp;

use crate::vocabulary::Type;

use super::expr::{Checked, Context, common_type};
use super::typed::{Binding, Typed};

impl Context<'_> {
    pub(super) fn check_binary(&mut self, op: &BinOp, left: &Typed, right: &Typed) -> Checked<Typed> {
        match op {
            BinOp::And(_) | BinOp::Or(_) => {
                let binding = if matches!(op, BinOp::And(_)) { Binding::And } else { Binding::Or };
                left.coerce(&Type::Bool)?;
                right.coerce(&Type::Bool)?;
                Ok(infix(op, left, right, Type::Bool, binding))
            }
            BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) => {
                check_comparison(op, left, right)
            }
            BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_) | BinOp::Div(_) | BinOp::Rem(_) => {
                if left.ty == Type::Value || right.ty == Type::Value {
                    return check_tensor(op, left, right);
                }
                let ty = common_type(&left.ty, &right.ty)
                    .ok_or_else(|| format!("cannot combine {} and {}", left.ty, right.ty))?;
                match ty {
                    Type::Usize | Type::Integer => self.check_sizes(op, left, right, ty),
                    Type::F64 | Type::Decimal => {
                        let (a, b) = (left.coerced(&ty)?, right.coerced(&ty)?);
                        Ok(infix(op, &a, &b, Type::F64, binding_of(op)))
                    }
                    Type::Dim if !matches!(op, BinOp::Div(_) | BinOp::Rem(_)) => {
                        let (a, b) = (left.as_dim()?, right.as_dim()?);
                        Ok(infix(op, &a, &b, Type::Dim, binding_of(op)))
                    }
                    Type::Dim if matches!(op, BinOp::Div(_)) && right.ty != Type::Dim => {
                        let divisor = right.coerced(&Type::Usize)?;
                        self.check_divisor(&divisor)?;
                        Ok(infix(op, &left.as_dim()?, &divisor, Type::Dim, binding_of(op)))
                    }
                    ty => Err(format!("there is no arithmetic of {ty}")),
                }
            }
            _ => Err("this operator is not supported in specs".into()),
        }
    }

    fn check_sizes(&mut self, op: &BinOp, left: &Typed, right: &Typed, ty: Type) -> Checked<Typed> {
        let (a, b) = (left.coerced(&ty)?, right.coerced(&ty)?);
        let call = |method: &str, bits: u32| {
            let (method, argument) = (format_ident!("{method}"), &b.tokens);
            // A number has no methods before it has a type.
            let receiver = match left.literal.and_then(|literal| usize::try_from(literal).ok()) {
                Some(literal) => Literal::usize_suffixed(literal).into_token_stream(),
                None => a.at_least(Binding::Atom),
            };
            let call = quote!(#receiver.#method(#argument));
            let mut typed = Typed::new(call, Type::Usize, Binding::Atom).reading(&[&a, &b]);
            typed.bits = bits;
            typed
        };
        let plain = |bits: u32| {
            let mut typed = infix(op, &a, &b, Type::Usize, binding_of(op));
            typed.bits = bits;
            typed
        };
        let mut result = match op {
            BinOp::Sub(_) => call("saturating_sub", a.bits),
            BinOp::Add(_) => match a.bits.max(b.bits) + 1 {
                bits if bits < 64 => plain(bits),
                _ => call("saturating_add", 64),
            },
            BinOp::Mul(_) => match a.bits + b.bits {
                bits if bits < 64 => plain(bits),
                _ => call("saturating_mul", 64),
            },
            _ => {
                self.check_divisor(&b)?;
                plain(a.bits)
            }
        };
        result.positive = match op {
            BinOp::Add(_) => a.positive || b.positive,
            BinOp::Mul(_) => a.positive && b.positive,
            _ => false,
        };
        Ok(result)
    }
}

fn check_comparison(op: &BinOp, left: &Typed, right: &Typed) -> Checked<Typed> {
    let is_text = |ty: &Type| matches!(ty, Type::String | Type::Str);
    if is_text(&left.ty) && is_text(&right.ty) && matches!(op, BinOp::Eq(_) | BinOp::Ne(_)) {
        return Ok(infix(op, left, right, Type::Bool, Binding::Compare));
    }
    let ty = common_type(&left.ty, &right.ty).filter(|ty| !matches!(ty, Type::Value | Type::Dim));
    let ty = ty.ok_or_else(|| format!("cannot compare {} and {}", left.ty, right.ty))?;
    // A comparison needs no clones, only literals of the right type.
    let side = |typed: &Typed| if typed.ty == ty { Ok(typed.clone()) } else { typed.coerced(&ty) };
    let (mut a, b) = (side(left)?, side(right)?);
    if a.binding == Binding::Cast {
        // `a as usize < b` would be read as the start of generic arguments.
        a.tokens = a.at_least(Binding::Atom);
        a.binding = Binding::Atom;
    }
    Ok(infix(op, &a, &b, Type::Bool, Binding::Compare))
}

/// Arithmetic of values adds nodes to the graph.
fn check_tensor(op: &BinOp, left: &Typed, right: &Typed) -> Checked<Typed> {
    let (method, commutes) = match op {
        BinOp::Add(_) => ("add", true),
        BinOp::Mul(_) => ("mul", true),
        BinOp::Sub(_) => ("sub", false),
        BinOp::Div(_) => ("div", false),
        _ => return Err("values have no `%`".into()),
    };
    let (a, b) = match (&left.ty, commutes) {
        (Type::Value, _) => (left, right),
        (_, true) => (right, left),
        (_, false) => return Err("the value must come first; write `x * -1.0 + 1.0` for `1.0 - x`".into()),
    };
    let (method, x, operand) = (format_ident!("{method}"), &a.tokens, b.coerce(&Type::Operand)?);
    let mut typed = Typed::new(quote!(g.#method(#x, #operand)), Type::Value, Binding::Atom).reading(&[a, b]);
    typed.uses.insert("g".to_owned());
    Ok(typed)
}

fn infix(op: &BinOp, left: &Typed, right: &Typed, ty: Type, binding: Binding) -> Typed {
    let a = left.at_least(binding);
    // All operators are left-associative (comparisons do not associate at all).
    let b = if right.binding <= binding { right.at_least(Binding::Atom) } else { right.tokens.clone() };
    let a =
        if binding == Binding::Compare && left.binding == binding { left.at_least(Binding::Atom) } else { a };
    Typed::new(quote!(#a #op #b), ty, binding).reading(&[left, right])
}

fn binding_of(op: &BinOp) -> Binding {
    if matches!(op, BinOp::Add(_) | BinOp::Sub(_)) { Binding::Sum } else { Binding::Product }
}
