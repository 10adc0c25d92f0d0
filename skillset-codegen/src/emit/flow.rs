//! From statements to Rust, last one first.
//!
//! Going backward, each statement knows which names are still read after it. That decides what an `if` hands
//! on, which variables a loop changes (they are declared `mut` and assigned, everything else is a `let`), and
//! which names nobody reads, which is an error in the spec.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{BinOp, Expr, ExprBinary};

use crate::error::Errors;
use crate::lower::{Choice, Path, Statement, ident};

type Names = BTreeSet<String>;

/// Emitted statements.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// In order.
    pub tokens: Vec<TokenStream>,
    /// The names that they read from before.
    pub live: Names,
    /// The names from before that they change.
    mutable: Names,
}

/// Emits `statements`, after which the names in `live` are read. Names that are never read are errors.
pub(crate) fn emit_statements(statements: &[Statement], live: Names, errors: &mut Errors) -> Block {
    backward(statements, live, &Names::new(), errors)
}

/// The names that `statements` read from before, if those in `live` are read after them.
pub(crate) fn live_before(statements: &[Statement], live: Names) -> Names {
    emit_statements(statements, live, &mut Errors::default()).live
}

/// Names in `changed` are variables of the loop around, which are assigned instead of bound anew.
fn backward(statements: &[Statement], live: Names, changed: &Names, errors: &mut Errors) -> Block {
    let mut block = Block { live, ..Block::default() };
    for statement in statements.iter().rev() {
        match statement {
            Statement::Let { name, value, uses, at } => {
                if !block.live.remove(name) {
                    errors.push(at, format_args!("{name:?} is never used"));
                    continue;
                }
                block.bind(&[name], value, changed);
                block.live.extend(uses.iter().cloned());
            }
            Statement::Do { tokens, uses } => {
                block.tokens.push(tokens.clone());
                block.live.extend(uses.iter().cloned());
            }
            Statement::For { index, count, uses, path, body, carried, at } => {
                let turn = Turn { index, path, body, carried };
                if let Some(tokens) = turn.emit(&mut block, count, errors) {
                    block.tokens.push(tokens);
                    block.live.extend(uses.iter().cloned());
                } else {
                    errors.push(at, "nothing that these steps change is used");
                }
            }
            Statement::If(choice) => {
                let flows: Vec<&String> =
                    choice.flows.iter().filter(|name| block.live.remove(*name)).collect();
                if flows.is_empty() && !has_effects(&choice.then) && !has_effects(&choice.otherwise) {
                    errors.push(&choice.at, "nothing that these steps bind is used");
                    continue;
                }
                let (value, live) = emit_choice(choice, &flows, errors);
                match flows.is_empty() {
                    true => block.tokens.push(value),
                    false => block.bind(&flows, &value, changed),
                }
                block.live.extend(live);
            }
        }
    }
    block.tokens.reverse();
    block
}

impl Block {
    /// `let names = value;`, or an assignment where the loop around declares them.
    fn bind(&mut self, names: &[&String], value: &TokenStream, changed: &Names) {
        let idents = names.iter().map(|name| ident(name)).collect::<Vec<_>>();
        let patterns = names.iter().map(|name| {
            let ident = ident(name);
            if self.mutable.contains(*name) && !changed.contains(*name) {
                quote!(mut #ident)
            } else {
                quote!(#ident)
            }
        });
        let patterns: Vec<TokenStream> = patterns.collect();
        let new: Vec<&TokenStream> = patterns
            .iter()
            .zip(names)
            .filter(|(_, name)| !changed.contains(**name))
            .map(|(new, _)| new)
            .collect();
        let statement = match (idents.as_slice(), new.len()) {
            ([ident], 0) => assignment(ident, value),
            ([_], _) => quote!(let #(#patterns)* = #value;),
            (idents, 0) => quote!((#(#idents),*) = #value;),
            (idents, len) if len == idents.len() => quote!(let (#(#patterns),*) = #value;),
            (idents, _) => quote!(#(let #new;)* (#(#idents),*) = #value;),
        };
        for name in names.iter().filter(|name| !changed.contains(**name)) {
            self.mutable.remove(*name);
        }
        self.tokens.push(statement);
    }
}

/// `name = value;`, or `name += …;` where that is the same.
fn assignment(name: &syn::Ident, value: &TokenStream) -> TokenStream {
    if let Ok(Expr::Binary(ExprBinary { left, op, right, .. })) = syn::parse2(value.clone())
        && matches!(*left, Expr::Path(left) if left.path.is_ident(name))
    {
        match op {
            BinOp::Add(_) => return quote!(#name += #right;),
            BinOp::Sub(_) => return quote!(#name -= #right;),
            BinOp::Mul(_) => return quote!(#name *= #right;),
            BinOp::Div(_) => return quote!(#name /= #right;),
            _ => {}
        }
    }
    quote!(#name = #value;)
}

/// The parts of a loop that its body depends on.
struct Turn<'a> {
    index: &'a str,
    path: &'a Path,
    body: &'a [Statement],
    carried: &'a Names,
}

impl Turn<'_> {
    /// The loop, before what `after` reads; `None` if it changes nothing that is read.
    fn emit(&self, after: &mut Block, count: &TokenStream, errors: &mut Errors) -> Option<TokenStream> {
        // What the next turn reads is read after this one, too.
        let mut live = after.live.clone();
        loop {
            let before = live_before(self.body, live.clone());
            let grown: Names = live.union(&before).cloned().collect();
            if grown == live {
                break;
            }
            live = grown;
        }
        let changed: Names = self.carried.intersection(&live).cloned().collect();
        if changed.is_empty() && !has_effects(self.body) {
            return None;
        }
        let Block { tokens, live: inside, .. } = backward(self.body, live, &changed, errors);
        let scope = (!self.path.is_empty() && inside.contains("g")).then(|| {
            let scope = self.path.scope();
            quote!(let g = #scope;)
        });
        let index = if inside.contains(self.index) || self.path.uses.contains(self.index) {
            ident(self.index)
        } else {
            ident("_")
        };
        after.live.extend(inside.into_iter().chain(self.path.uses.iter().cloned()));
        after.live.extend(changed.iter().cloned());
        after.live.remove(self.index);
        after.mutable.extend(changed);
        Some(quote!(for #index in 0..#count { #scope #(#tokens)* }))
    }
}

/// Whether statements do more than bind names.
fn has_effects(statements: &[Statement]) -> bool {
    statements.iter().any(|statement| match statement {
        Statement::Let { .. } => false,
        Statement::Do { .. } => true,
        Statement::For { body, .. } => has_effects(body),
        Statement::If(choice) => has_effects(&choice.then) || has_effects(&choice.otherwise),
    })
}

/// `if … { … } else { … }` with the values of `flows`, and the names that it reads.
fn emit_choice(choice: &Choice, flows: &[&String], errors: &mut Errors) -> (TokenStream, Names) {
    let Choice { condition, uses, given, then, otherwise, .. } = choice;
    let (then, mut live) = emit_branch(then, flows, errors);
    let (otherwise, live_otherwise) = emit_branch(otherwise, flows, errors);
    let condition = match given.as_ref().filter(|name| live.contains(*name)) {
        Some(name) => {
            let name = ident(name);
            quote!(let Some(#name) = #name)
        }
        None => condition.clone(),
    };
    live.extend(live_otherwise.into_iter().chain(uses.iter().cloned()));
    let otherwise = (!otherwise.is_empty()).then(|| quote!(else { #otherwise }));
    (quote!(if #condition { #then } #otherwise), live)
}

/// A branch that ends in the values of `flows`, and the names that it reads.
fn emit_branch(statements: &[Statement], flows: &[&String], errors: &mut Errors) -> (TokenStream, Names) {
    let (statements, tail, live) = match (statements.split_last(), flows) {
        (_, []) => (statements, quote!(), Names::new()),
        // The last value needs no name.
        (Some((Statement::Let { name, value, uses, .. }, before)), [flow]) if name == *flow => {
            (before, value.clone(), uses.clone())
        }
        (Some((Statement::If(choice), before)), [flow]) if choice.flows.contains(*flow) => {
            let (value, live) = emit_choice(choice, flows, errors);
            (before, value, live)
        }
        (_, [flow]) => {
            let ident = ident(flow);
            (statements, quote!(#ident), Names::from([(*flow).clone()]))
        }
        _ => {
            let idents = flows.iter().map(|name| ident(name));
            (statements, quote!((#(#idents),*)), flows.iter().map(|name| (*name).clone()).collect())
        }
    };
    let Block { tokens, live, mutable } = backward(statements, live, &Names::new(), errors);
    let redeclared = mutable.iter().map(|name| ident(name));
    (quote!(#(let mut #redeclared = #redeclared;)* #(#tokens)* #tail), live)
}
