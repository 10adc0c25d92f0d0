//! Steps: names, types and parameters checked, turned into statements.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use crate::decode::Text;
use crate::error::{Errors, Location, suggest};
use crate::spec::{Apply, Condition, Group, Offer, Repeat, Step};
use crate::vocabulary::{Type, Vocabulary};

use super::apply::Applied;
use super::expr::{Checked, Context, ident};
use super::names::{COUNT_BITS, ConfigNames, Local, Locals, RESERVED};
use super::path::Path;
use super::statement::{Choice, Statement};
use super::submodel;
use super::typed::Typed;

/// Lowers the steps of one function.
pub(crate) struct Steps<'a> {
    pub config: &'a mut ConfigNames,
    pub locals: Locals,
    pub errors: &'a mut Errors,
    /// What `{base}` stands for, in a head.
    pub base: Option<&'a str>,
    /// The outputs of several values that the head always has, not only on request.
    pub lists: BTreeSet<String>,
}

impl Steps<'_> {
    /// Lowers steps below `path`.
    pub(crate) fn lower(&mut self, steps: &[Step], path: &Path) -> Vec<Statement> {
        let mut statements = vec![];
        for step in steps {
            match step {
                Step::Apply(apply) => statements.extend(self.lower_apply(apply, path)),
                Step::Group(group) => {
                    let path = self.group_path(group, path);
                    statements.extend(self.lower(&group.steps, &path));
                }
                Step::Repeat(repeat) => statements.extend(self.lower_repeat(repeat, path)),
                Step::Condition(condition) => statements.extend(self.lower_condition(condition, path)),
                Step::Offer(offer) => statements.extend(self.lower_offer(offer)),
            }
        }
        statements
    }

    /// Checks an expression; an error is recorded at its place.
    pub(crate) fn expression(&mut self, text: &Text) -> Option<Typed> {
        let checked = self.context().parse(&text.text);
        self.recorded(checked, &text.at)
    }

    pub(super) fn context(&mut self) -> Context<'_> {
        Context {
            config: self.config,
            locals: &self.locals,
            vocabulary: Vocabulary::get(),
            receiver: "c",
            symbols: &[],
        }
    }

    pub(super) fn recorded<T>(&mut self, checked: Checked<T>, at: &Location) -> Option<T> {
        checked.map_err(|message| self.errors.push(at, message)).ok()
    }

    fn join(&mut self, path: &Path, text: Option<&Text>) -> Path {
        let Some(text) = text else { return path.clone() };
        let joined = path.join(&text.text, &self.locals, self.base);
        self.recorded(joined, &text.at).unwrap_or_else(|| path.clone())
    }

    /// The path of a group, and where else its tensors may be.
    fn group_path(&mut self, group: &Group, path: &Path) -> Path {
        let path = self.join(path, Some(&group.path));
        let Some(tied_to) = &group.tied_to else {
            if let Some(tied) = &group.tied {
                self.errors.push(&tied.at, "`tied` says whether `tied_to` holds, which is missing");
            }
            return path;
        };
        let target = self.join(&Path::default(), Some(tied_to));
        let condition = match &group.tied {
            Some(text) => self.expression(text).and_then(|typed| {
                let tokens = typed.coerce(&Type::Bool);
                Some((self.recorded(tokens, &text.at)?, typed.uses))
            }),
            None => Some((quote!(true), BTreeSet::new())),
        };
        condition.map_or(path.clone(), |(tokens, uses)| path.tied(target, tokens, uses))
    }

    fn lower_apply(&mut self, apply: &Apply, path: &Path) -> Option<Statement> {
        self.check_new_name(&apply.binds);
        let at = self.join(path, apply.path.as_ref());
        let applied = match &apply.function {
            Some(function) => self.apply(function, apply, &at),
            None => {
                let of = apply.params.iter().find(|(key, _)| key == "of").map(|(_, of)| of);
                let of = of.and_then(|of| Some(Text { text: of.as_str()?.to_owned(), at: of.at.clone() }));
                of.and_then(|of| self.expression(&of)).map(Applied::from)
            }
        };
        let name = apply.binds.text.clone();
        let Some(applied) = applied else {
            // Later steps may use the name all the same; one error is enough.
            let is_model = apply.function.as_ref().is_some_and(|function| function.text == submodel::MODEL);
            let ty = if is_model { submodel::unknown_outputs() } else { Type::Value };
            self.locals.entry(name).or_insert_with(|| Local::new(ty));
            return None;
        };
        let Applied { tokens, local, uses } = applied;
        self.locals.insert(name.clone(), local);
        Some(Statement::Let { name, value: tokens, uses, at: apply.binds.at.clone() })
    }

    /// The next value of an output that there are several of.
    fn lower_offer(&mut self, offer: &Offer) -> Option<Statement> {
        let typed = self.expression(&offer.value)?;
        let value = self.recorded(typed.coerce(&Type::Value), &offer.value.at)?;
        let (name, mut uses) = (&offer.name, typed.uses);
        uses.insert("g".to_owned());
        let tokens = match self.lists.contains(name) {
            true => quote!(g.output_next(#name, #value);),
            false => quote!(g.offer(#name, #value);),
        };
        Some(Statement::Do { tokens, uses })
    }

    /// Records an error unless a step may bind `name`.
    fn check_new_name(&mut self, name: &Text) {
        let is_identifier = syn::parse_str::<syn::Ident>(&name.text).is_ok();
        let message = if !is_identifier {
            format!(
                "{:?} is no name: expected letters, digits and underscores, and no word of Rust",
                name.text
            )
        } else if RESERVED.contains(&name.text.as_str()) {
            format!("the name {:?} is taken by emitted code", name.text)
        } else if self.config.fields.contains_key(&name.text) {
            format!("{:?} is a field of the config; choose another name", name.text)
        } else {
            return;
        };
        self.errors.push(&name.at, message);
    }

    fn lower_repeat(&mut self, repeat: &Repeat, path: &Path) -> Option<Statement> {
        let count = self.lower_count(&repeat.count);
        let index = repeat.index.as_ref().map_or("i", |index| &index.text).to_owned();
        if let Some(name) = &repeat.index {
            self.check_new_name(name);
        }

        let outside = self.locals.clone();
        // What a turn changes may be anything of its type when the next one starts.
        for name in bound_names(&repeat.steps) {
            if let Some(local) = self.locals.get_mut(name) {
                *local = Local::new(local.ty.clone());
            }
        }
        let number = Local { bits: COUNT_BITS, ..Local::new(Type::Usize) };
        self.locals.insert(index.clone(), number);
        // The turn gets its own scope variable, so paths inside are relative to it.
        let turn = self.join(path, repeat.path.as_ref());
        let body = self.lower(&repeat.steps, &Path::default());
        let inside = std::mem::replace(&mut self.locals, outside);

        let carried: BTreeSet<String> =
            assigned(&body).into_iter().filter(|name| self.locals.contains_key(name)).collect();
        for name in &carried {
            let (before, after) = (&self.locals[name].ty, &inside[name].ty);
            if before != after {
                let message =
                    format!("{name:?} is {before} before the repeated steps and {after} after them");
                self.errors.push(&repeat.at, message);
            }
        }
        let (count, typed) = count?;
        let (uses, at) = (typed.uses, repeat.at.clone());
        Some(Statement::For { index, count, uses, path: turn, body, carried, at })
    }

    /// How often steps are repeated; the config fields that say so are read with a limit.
    fn lower_count(&mut self, count: &Text) -> Option<(TokenStream, Typed)> {
        let fields = self.expression(count)?.fields;
        let is_limited = |field: &&String| match &self.config.fields[*field] {
            Type::Usize => true,
            Type::Option(inner) | Type::List(inner) => **inner == Type::Usize,
            _ => false,
        };
        let limited: Vec<String> = fields.iter().filter(is_limited).cloned().collect();
        self.config.counts.extend(limited);
        // Now the limits are known.
        let typed = self.expression(count)?;
        let tokens = self.recorded(typed.coerce(&Type::Usize), &count.at)?;
        if typed.bits > COUNT_BITS + COUNT_BITS / 4 {
            self.errors.push(
                &count.at,
                "steps could be repeated too often; count by config fields or lists of sizes",
            );
        }
        Some((tokens, typed))
    }

    fn lower_condition(&mut self, step: &Condition, path: &Path) -> Option<Statement> {
        let condition = self.expression(&step.condition).and_then(|typed| {
            let tokens = typed.coerce(&Type::Bool);
            self.recorded(tokens, &step.condition.at).map(|tokens| (tokens, typed.uses))
        });
        let before = self.locals.clone();
        let given = self.optional_value(&step.condition.text);
        if let Some(name) = &given {
            self.locals.insert(name.clone(), Local::new(Type::Value));
        }
        let then = self.lower(&step.then, path);
        let after_then = std::mem::replace(&mut self.locals, before.clone());
        let otherwise = self.lower(&step.otherwise, path);
        let after_otherwise = std::mem::replace(&mut self.locals, before);

        let (in_then, in_otherwise) = (assigned(&then), assigned(&otherwise));
        let both = in_then.intersection(&in_otherwise).cloned();
        let known = in_then.union(&in_otherwise).filter(|name| self.locals.contains_key(*name)).cloned();
        let flows: BTreeSet<String> = both.chain(known).collect();
        for name in &flows {
            let (Some(a), Some(b)) = (after_then.get(name), after_otherwise.get(name)) else { continue };
            let ty = match (&a.ty, &b.ty) {
                (a, b) if a == b => a.clone(),
                (Type::None, option @ Type::Option(_)) | (option @ Type::Option(_), Type::None) => {
                    option.clone()
                }
                (then, otherwise) => {
                    let message = format!("{name:?} is {then} after `then` and {otherwise} after `else`");
                    self.errors.push(&step.at, message);
                    self.locals.entry(name.clone()).or_insert_with(|| a.clone());
                    continue;
                }
            };
            let merged = Local { ty, positive: a.positive && b.positive, bits: a.bits.max(b.bits) };
            self.locals.insert(name.clone(), merged);
        }
        let (condition, uses) = condition?;
        let at = step.at.clone();
        Some(Statement::If(Choice { condition, uses, given, then, otherwise, flows, at }))
    }

    /// The name of an optional value, if `condition` asks whether that is given: `name.is_some()`.
    fn optional_value(&self, condition: &str) -> Option<String> {
        let name = condition.strip_suffix(".is_some()")?;
        let is_optional_value = |ty: &Type| matches!(ty, Type::Option(inner) if **inner == Type::Value);
        self.locals.get(name).filter(|local| is_optional_value(&local.ty)).map(|_| name.to_owned())
    }

    /// A block or primitive, with a suggestion if there is none of that name.
    fn apply(&mut self, function: &Text, apply: &Apply, at: &Path) -> Option<Applied> {
        if function.text == submodel::MODEL {
            return self.submodel(apply, at);
        }
        let vocabulary = Vocabulary::get();
        let Some((callable, is_block)) = vocabulary.find(&function.text) else {
            let hint = suggest(&function.text, vocabulary.names().chain([submodel::MODEL]));
            self.errors.push(&function.at, format_args!("unknown block {:?}{hint}", function.text));
            return None;
        };
        let rust = ident(&callable.rust);
        let arguments = self.arguments(&function.text, callable, is_block, apply)?;
        let mut uses = arguments.uses.clone();
        uses.extend(at.uses.iter().cloned());
        uses.insert("g".to_owned());
        let call = if is_block {
            let block = arguments.block(&rust);
            let scope = at.scope();
            quote!(#block.build(#scope))
        } else {
            let (arguments, scope) = (arguments.in_order(), at.receiver());
            quote!(#scope.#rust(#(#arguments),*))
        };
        Some(Applied { tokens: call, local: Local::new(Type::parse(&callable.returns)), uses })
    }
}

/// The names that statements bind where names from before can see it.
pub(crate) fn assigned(statements: &[Statement]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for statement in statements {
        match statement {
            Statement::Let { name, .. } => {
                names.insert(name.clone());
            }
            Statement::For { carried, .. } => names.extend(carried.iter().cloned()),
            Statement::If(choice) => names.extend(choice.flows.iter().cloned()),
            Statement::Do { .. } => {}
        }
    }
    names
}

/// The names that steps bind, at any depth.
fn bound_names(steps: &[Step]) -> Vec<&str> {
    let names = steps.iter().flat_map(|step| match step {
        Step::Apply(apply) => vec![apply.binds.text.as_str()],
        Step::Group(group) => bound_names(&group.steps),
        Step::Repeat(repeat) => bound_names(&repeat.steps),
        Step::Offer(_) => vec![],
        Step::Condition(step) => [bound_names(&step.then), bound_names(&step.otherwise)].concat(),
    });
    names.collect()
}
