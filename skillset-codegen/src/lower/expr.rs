//! Expressions: Rust's syntax over config fields and bound names, type-checked.
//!
//! Emitted arithmetic cannot panic on any config: a divisor is a config field that is read as positive (or
//! otherwise known not to be zero), differences of sizes stop at zero, products that could overflow saturate.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::{Expr, Lit, UnOp};

use crate::error::suggest;
use crate::vocabulary::{Type, Vocabulary};

use super::config::field_of;
use super::names::{COUNT_BITS, ConfigNames, Locals, SIZE_BITS};
use super::typed::{Binding, Typed};

/// The function that says which stages a backbone hands out.
const IS_STAGE_OUT: &str = "is_stage_out";
/// The function that says whether a config names stages that there are.
const ARE_STAGES: &str = "are_stages";

/// An error message; the caller knows the place.
pub(crate) type Checked<T> = Result<T, String>;

/// What expressions are checked against.
pub(crate) struct Context<'a> {
    pub config: &'a mut ConfigNames,
    pub locals: &'a Locals,
    pub vocabulary: &'static Vocabulary,
    /// The variable that holds the config in emitted code.
    pub receiver: &'static str,
    /// Names of sizes that only a run knows; empty but for the dims of inputs.
    pub symbols: &'static [&'static str],
}

impl Context<'_> {
    /// Parses and checks the text of an expression.
    pub(crate) fn parse(&mut self, text: &str) -> Checked<Typed> {
        let expr: Expr =
            syn::parse_str(text).map_err(|error| format!("`{text}` is no expression: {error}"))?;
        self.check(&expr)
    }

    /// Checks the text of an expression that must have one type.
    pub(crate) fn parse_as(&mut self, text: &str, expected: &Type) -> Checked<(TokenStream, Typed)> {
        let typed = self.parse(text)?;
        Ok((typed.coerce(expected)?, typed))
    }

    pub(super) fn check(&mut self, expr: &Expr) -> Checked<Typed> {
        match expr {
            Expr::Lit(literal) => check_literal(&literal.lit),
            Expr::Paren(paren) => self.check(&paren.expr),
            Expr::Path(path) if path.qself.is_none() => self.check_path(&path.path),
            Expr::Unary(unary) => self.check_unary(&unary.op, &unary.expr),
            Expr::Binary(binary) => {
                let (left, right) = (self.check(&binary.left)?, self.check(&binary.right)?);
                self.check_binary(&binary.op, &left, &right)
            }
            Expr::MethodCall(call) => {
                let receiver = self.check(&call.receiver)?;
                let arguments = call.args.iter().map(|argument| self.check(argument));
                let arguments = arguments.collect::<Checked<Vec<_>>>()?;
                self.check_method(&receiver, &call.method.to_string(), &arguments)
            }
            Expr::Call(call) => self.check_call(call),
            Expr::Index(index) => self.check_index(&index.expr, &index.index),
            Expr::Field(syn::ExprField { base, member: syn::Member::Named(name), .. }) => {
                let of = self.check(base)?;
                self.check_member(&of, &name.to_string())
            }
            Expr::Cast(cast) => self.check_cast(&cast.expr, &cast.ty),
            Expr::If(condition) => self.check_if(condition),
            Expr::Array(array) => self.check_array(array.elems.iter()),
            _ => {
                Err("expected arithmetic, comparisons, method calls, `if` or a list; this is none of them"
                    .into())
            }
        }
    }

    fn check_path(&mut self, path: &syn::Path) -> Checked<Typed> {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        match segments.as_slice() {
            [name] if name == "None" => Ok(Typed::new(quote!(None), Type::None, Binding::Atom)),
            [name] => self.check_name(name),
            [of, variant] => self.check_variant(of, variant),
            _ => Err(format!("expected a name or `Enum::Variant`, found `{}`", segments.join("::"))),
        }
    }

    fn check_name(&mut self, name: &str) -> Checked<Typed> {
        let ident = ident(name);
        if let Some(local) = self.locals.get(name) {
            let mut typed = Typed::new(quote!(#ident), local.ty.clone(), Binding::Atom);
            typed.uses.insert(name.to_owned());
            (typed.is_place, typed.positive, typed.bits) = (true, local.positive, local.bits);
            return Ok(typed);
        }
        if let Some(ty) = self.config.fields.get(name) {
            let receiver = format_ident!("{}", self.receiver);
            let place = field_of(&quote!(#receiver), name);
            let mut typed = Typed::new(place, ty.clone(), Binding::Atom);
            typed.fields.insert(name.to_owned());
            typed.is_place = true;
            if self.config.lenient.contains(name) {
                typed.tokens = {
                    let place = typed.tokens;
                    quote!(#place.as_slice())
                };
                typed.is_place = false;
            }
            typed.bits = if self.config.counts.contains(name) { COUNT_BITS } else { SIZE_BITS };
            return Ok(typed);
        }
        if self.symbols.contains(&name) {
            let mut symbol = Typed::new(quote!(Dim::symbol(#name)), Type::Dim, Binding::Atom);
            if name == "past" {
                symbol.tokens = quote!(g.past());
                symbol.uses.insert("g".to_owned());
            }
            return Ok(symbol);
        }
        let known = self.locals.keys().chain(self.config.fields.keys()).map(String::as_str);
        let known = known.chain(self.symbols.iter().copied());
        Err(format!("unknown name {name:?}{}", suggest(name, known)))
    }

    fn check_variant(&self, of: &str, variant: &str) -> Checked<Typed> {
        let enums = &self.vocabulary.enums;
        let found = enums
            .get(of)
            .ok_or_else(|| format!("unknown enum {of:?}{}", suggest(of, enums.keys().map(String::as_str))))?;
        if !found.variants.iter().any(|known| known == variant) {
            let hint = suggest(variant, found.variants.iter().map(String::as_str));
            return Err(format!("{of} has no variant {variant:?}{hint}"));
        }
        let (of_ident, variant) = (ident(of), ident(variant));
        Ok(Typed::new(quote!(#of_ident::#variant), Type::Named(of.to_owned()), Binding::Atom))
    }

    fn check_unary(&mut self, op: &UnOp, operand: &Expr) -> Checked<Typed> {
        let operand = self.check(operand)?;
        match (op, &operand.ty) {
            (UnOp::Not(_), Type::Bool) => {
                let inner = operand.at_least(Binding::Unary);
                Ok(Typed::new(quote!(!#inner), Type::Bool, Binding::Unary).reading(&[&operand]))
            }
            (UnOp::Neg(_), Type::Integer) => {
                let mut negated = operand.clone();
                negated.literal = operand.literal.map(|value| -value);
                let inner = operand.tokens;
                negated.tokens = quote!(-#inner);
                negated.binding = Binding::Unary;
                negated.positive = false;
                Ok(negated)
            }
            (UnOp::Neg(_), Type::Decimal | Type::F64) => {
                let inner = operand.at_least(Binding::Unary);
                Ok(Typed::new(quote!(-#inner), operand.ty.clone(), Binding::Unary).reading(&[&operand]))
            }
            (_, ty) => Err(format!("`-` takes a number and `!` a bool, found {ty}")),
        }
    }

    fn check_call(&mut self, call: &syn::ExprCall) -> Checked<Typed> {
        let is = |name: &str| matches!(&*call.func, Expr::Path(path) if path.path.is_ident(name));
        if is(IS_STAGE_OUT) {
            return self.check_stages(IS_STAGE_OUT, &["stage", "count"], call.args.iter());
        }
        if is(ARE_STAGES) {
            return self.check_stages(ARE_STAGES, &["count"], call.args.iter());
        }
        let is_some = is("Some");
        match (is_some, call.args.first()) {
            (true, Some(argument)) if call.args.len() == 1 => {
                let inner = self.check(argument)?;
                let ty = match inner.ty {
                    Type::Integer => Type::Usize,
                    Type::Decimal => Type::F64,
                    ref ty => ty.clone(),
                };
                let tokens = inner.coerce(&ty)?;
                let some = Typed::new(quote!(Some(#tokens)), Type::Option(Box::new(ty)), Binding::Atom);
                Ok(some.reading(&[&inner]))
            }
            _ => {
                let functions = "the only functions are `Some(…)`, `is_stage_out(…)` and `are_stages(…)`";
                Err(format!("{functions}; blocks and primitives are applied by steps"))
            }
        }
    }

    /// A question about the stages of a backbone: `is_stage_out(out_features, out_indices, stage, count)`. Behind the two
    /// fields, of which either may be `None`, come the sizes that `sizes` names.
    fn check_stages<'e>(
        &mut self,
        function: &str,
        sizes: &[&str],
        arguments: impl Iterator<Item = &'e Expr>,
    ) -> Checked<Typed> {
        let arguments = arguments.map(|argument| self.check(argument)).collect::<Checked<Vec<_>>>()?;
        let (names, indices, rest) = match &arguments[..] {
            [names, indices, rest @ ..] if rest.len() == sizes.len() => (names, indices, rest),
            _ => return Err(format!("`{function}` takes (out_features, out_indices, {})", sizes.join(", "))),
        };
        let list = |given: &Typed, of: &Type| match &given.ty {
            Type::None => Ok(given.tokens.clone()),
            Type::Option(inner) if **inner == Type::List(Box::new(of.clone())) && given.is_place => {
                let field = &given.tokens;
                Ok(quote!(#field.as_deref()))
            }
            _ => Err(format!("`{function}` takes fields of the types [String]? and [i64]?")),
        };
        let (names_of, indices_of) = (list(names, &Type::String)?, list(indices, &Type::I64)?);
        let rest = rest.iter().map(|size| size.coerce(&Type::Usize)).collect::<Checked<Vec<_>>>()?;
        let function = ident(function);
        let call = quote!(#function(#names_of, #indices_of, #(#rest),*));
        Ok(Typed::new(call, Type::Bool, Binding::Atom).reading(&arguments.iter().collect::<Vec<_>>()))
    }

    fn check_index(&mut self, of: &Expr, index: &Expr) -> Checked<Typed> {
        if let Expr::Field(syn::ExprField { base, member: syn::Member::Named(name), .. }) = of
            && let outputs = self.check(base)?
            && matches!(outputs.ty, Type::Outputs { .. })
        {
            if matches!(index, Expr::Range(syn::ExprRange { start: None, end: None, .. })) {
                return self.check_all_outputs(&outputs, &name.to_string());
            }
            let index = self.check(index)?;
            return self.check_nth_output(&outputs, &name.to_string(), &index);
        }
        let (of, index) = (self.check(of)?, self.check(index)?);
        match (&of.ty, index.literal) {
            (Type::Pair(inner), Some(position @ (0 | 1))) => {
                let (tokens, position) = (of.at_least(Binding::Atom), Literal::i64_unsuffixed(position));
                let mut element =
                    Typed::new(quote!(#tokens[#position]), (**inner).clone(), Binding::Atom).reading(&[&of]);
                (element.bits, element.is_place) = (of.bits, of.is_place);
                Ok(element)
            }
            (Type::Pair(_), _) => Err("the index of a pair is 0 or 1".into()),
            (Type::List(_), _) => Err("a list may be too short; use `.get(index).unwrap_or(default)`".into()),
            (ty, _) => Err(format!("{ty} has no elements")),
        }
    }

    fn check_cast(&mut self, of: &Expr, ty: &syn::Type) -> Checked<Typed> {
        let of = self.check(of)?;
        let target = Type::parse(&quote!(#ty).to_string());
        let is_number = |ty: &Type| matches!(ty, Type::Usize | Type::I64 | Type::F64 | Type::Isize);
        if !is_number(&of.ty) || !is_number(&target) {
            return Err(format!("cannot convert {} to {target}", of.ty));
        }
        let inner = of.at_least(Binding::Cast);
        Ok(Typed::new(quote!(#inner as #ty), target, Binding::Cast).reading(&[&of]))
    }

    fn check_if(&mut self, expr: &syn::ExprIf) -> Checked<Typed> {
        let condition = self.check(&expr.cond)?;
        let condition_tokens = condition.coerce(&Type::Bool)?;
        let otherwise = expr.else_branch.as_ref().map(|(_, branch)| &**branch);
        let branch = |expr: Option<&Expr>, this: &mut Self| match expr {
            Some(Expr::Block(block)) => match block.block.stmts.as_slice() {
                [syn::Stmt::Expr(expr, None)] => this.check(expr),
                _ => Err("a branch of `if` is one expression".to_owned()),
            },
            Some(expr) => this.check(expr),
            None => Err("`if` needs an `else` here".to_owned()),
        };
        let then = match expr.then_branch.stmts.as_slice() {
            [syn::Stmt::Expr(expr, None)] => self.check(expr)?,
            _ => return Err("a branch of `if` is one expression".to_owned()),
        };
        let otherwise = branch(otherwise, self)?;
        let ty = common_type(&then.ty, &otherwise.ty)
            .ok_or_else(|| format!("the branches of `if` are {} and {}", then.ty, otherwise.ty))?;
        let side = |typed: &Typed| if ty == Type::Dim { typed.as_dim() } else { typed.coerced(&ty) };
        let (a, b) = (side(&then)?.tokens, side(&otherwise)?.tokens);
        let mut result = Typed::new(quote!(if #condition_tokens { #a } else { #b }), ty, Binding::If)
            .reading(&[&condition, &then, &otherwise]);
        result.positive = then.positive && otherwise.positive;
        result.bits = then.bits.max(otherwise.bits);
        Ok(result)
    }

    fn check_array<'e>(&mut self, items: impl Iterator<Item = &'e Expr>) -> Checked<Typed> {
        let items = items.map(|item| self.check(item)).collect::<Checked<Vec<_>>>()?;
        let ty = items.first().map_or(Type::Integer, |item| item.ty.clone());
        let tokens = items.iter().map(|item| &item.tokens);
        let list = Typed::new(quote!([#(#tokens),*]), Type::List(Box::new(ty)), Binding::Atom);
        let mut list = list.reading(&items.iter().collect::<Vec<_>>());
        list.items = Some(items);
        Ok(list)
    }

    /// Makes sure that `divisor` cannot be zero, by the way its config field is read if need be.
    pub(super) fn check_divisor(&mut self, divisor: &Typed) -> Checked<()> {
        if divisor.positive {
            return Ok(());
        }
        // A bare field, or an element of a pair, is zero only if the config says so.
        if divisor.is_place && divisor.uses.is_empty() && !divisor.fields.is_empty() {
            self.config.positive.extend(divisor.fields.iter().cloned());
            return Ok(());
        }
        Err("the divisor may be zero; use a config field, or `.max(1)`".into())
    }
}

fn check_literal(literal: &Lit) -> Checked<Typed> {
    Ok(match literal {
        Lit::Int(int) => {
            let value: i64 = int.base10_parse().map_err(|error| error.to_string())?;
            let digits = Literal::i64_unsuffixed(value);
            let mut typed = Typed::new(quote!(#digits), Type::Integer, Binding::Atom);
            (typed.literal, typed.positive) = (Some(value), value > 0);
            typed.bits = 64 - value.leading_zeros();
            typed
        }
        Lit::Float(float) => Typed::new(quote!(#float), Type::Decimal, Binding::Atom),
        Lit::Bool(value) => Typed::new(quote!(#value), Type::Bool, Binding::Atom),
        Lit::Str(text) => Typed::new(quote!(#text), Type::Str, Binding::Atom),
        _ => return Err("expected a number, a string, true or false".into()),
    })
}

/// The type that both can be.
pub(super) fn common_type(a: &Type, b: &Type) -> Option<Type> {
    let one_way = |a: &Type, b: &Type| match (a, b) {
        (a, b) if a == b => Some(a.clone()),
        (Type::Integer, Type::Usize | Type::I64 | Type::Isize | Type::F64 | Type::Decimal | Type::Dim)
        | (Type::Decimal, Type::F64)
        | (Type::Usize, Type::Dim)
        | (Type::None, Type::Option(_)) => Some(b.clone()),
        (a, Type::Option(inner)) if **inner == *a => Some(b.clone()),
        _ => None,
    };
    one_way(a, b).or_else(|| one_way(b, a))
}

/// An identifier, raw if it is a keyword.
pub(crate) fn ident(name: &str) -> syn::Ident {
    syn::parse_str(name).unwrap_or_else(|_| syn::Ident::new_raw(name, proc_macro2::Span::call_site()))
}
