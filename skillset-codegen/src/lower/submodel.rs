//! The step that applies the model of a nested config, or in a head the base model: `"do": "model"`.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use crate::decode::Text;
use crate::error::suggest;
use crate::source::{Data, Node};
use crate::spec::Apply;
use crate::vocabulary::Type;

use super::apply::{Applied, json_text};
use super::expr::{Checked, Context, ident};
use super::names::Local;
use super::nested::{Nested, OWN};
use super::path::Path;
use super::step::Steps;
use super::typed::{Binding, Typed};

/// What the step is called.
pub(super) const MODEL: &str = "model";
/// Its parameters.
const PARAMS: [&str; 4] = ["of", "config", "task", "cache"];

impl Steps<'_> {
    /// The model of a nested config, or in a head the base model, below the path `at`.
    pub(super) fn submodel(&mut self, apply: &Apply, at: &Path) -> Option<Applied> {
        for (name, node) in apply.params.iter().filter(|(name, _)| !PARAMS.contains(&name.as_str())) {
            let hint = suggest(name, PARAMS);
            self.errors.push(&node.at, format_args!("{MODEL:?} has no parameter {name:?}{hint}"));
        }
        let param = |name: &str| apply.params.iter().find(|(key, _)| key == name).map(|(_, node)| node);
        let own = self.base.map(|_| Text { text: OWN.to_owned(), at: apply.at.clone() });
        let Some(config) = param("config").map_or(own, text) else {
            self.errors.push(&apply.at, "\"model\" needs the parameter \"config\", a field of the config");
            return None;
        };
        let task = param("task").and_then(text).map_or("base".to_owned(), |task| task.text);
        let mut uses = at.uses.clone();
        uses.insert("g".to_owned());
        let inputs = self.submodel_inputs(apply, param("of"), &config, &task, &mut uses)?;
        let cache = match param("cache")
            .map(|node| (node, self.context().parse_as(&json_text(node), &Type::Usize)))
        {
            Some((node, first)) => {
                let (first, typed) = self.recorded(first, &node.at)?;
                uses.extend(typed.uses);
                Some(first)
            }
            None => None,
        };
        let graph = self.submodel_graph(&config.text, &task);
        let graph = self.recorded(graph, &config.at)?;
        let is_base = config.text == OWN;
        if let Some(node) = param("cache").filter(|_| is_base) {
            self.errors.push(
                &node.at,
                "\"cache\" goes with \"config\"; the base model keeps the cache of its class",
            );
        }
        let constructor = if is_base { quote!(base) } else { quote!(new) };
        let (scope, submodel) = (at.scope(), quote!(Submodel::#constructor(&[#(#inputs),*])));
        let submodel = match cache {
            Some(first) => quote!(Submodel { cache: Some(#first), ..#submodel }),
            None => submodel,
        };
        let tokens = quote!(#submodel.build(#scope, |g| #graph));
        let local = Local::new(Type::Outputs { config: config.text, task });
        Some(Applied { tokens, local, uses })
    }

    /// What the submodel is given: `("input_ids", input_ids.into())`.
    fn submodel_inputs(
        &mut self,
        apply: &Apply,
        of: Option<&Node>,
        config: &Text,
        task: &str,
        uses: &mut BTreeSet<String>,
    ) -> Option<Vec<TokenStream>> {
        let Some(Node { data: Data::Object(members), .. }) = of else {
            self.errors.push(&apply.at, "\"model\" needs the parameter \"of\", an object of inputs");
            return None;
        };
        let mut inputs = vec![];
        for (name, node) in members {
            let typed = self.context().parse(&json_text(node));
            let typed = self.recorded(typed, &node.at)?;
            let fits = self.check_submodel_input(&config.text, task, name, &typed);
            self.recorded(fits, &node.at)?;
            uses.extend(typed.uses.iter().cloned());
            let value = typed.at_least(Binding::Atom);
            inputs.push(quote!((#name, #value.into())));
        }
        Some(inputs)
    }

    fn check_submodel_input(&mut self, config: &str, task: &str, name: &str, given: &Typed) -> Checked<()> {
        let is_flag = match &given.ty {
            Type::Value => false,
            Type::Option(inner) if **inner == Type::Value => false,
            Type::Bool => true,
            ty => return Err(format!("an input is a Value, an Option<Value> or a bool, found {ty}")),
        };
        match self.config.nested.get_mut(config) {
            Some(Nested::Known(model)) => match model.inputs.get(name) {
                Some(expected) if *expected == is_flag => Ok(()),
                Some(_) => Err(format!("a switch is a bool, any other input is none: {name:?}")),
                None => {
                    let hint = suggest(name, model.inputs.keys().map(String::as_str));
                    Err(format!("the model has no input {name:?}{hint}"))
                }
            },
            Some(Nested::Chosen(needs)) => {
                let need = needs.entry(task.to_owned()).or_default();
                if given.ty == Type::Value {
                    need.inputs.insert(name.to_owned());
                }
                Ok(())
            }
            // Reported where the graph is looked for.
            None => Ok(()),
        }
    }

    /// What adds the submodel's nodes to `g`.
    fn submodel_graph(&mut self, config: &str, task: &str) -> Checked<TokenStream> {
        match self.config.nested.get(config) {
            Some(Nested::Known(model)) => {
                let function = model.function(task)?;
                if config == OWN {
                    self.config.applies_base = true;
                    return Ok(quote!(#function(g, c)));
                }
                let (module, field) = (model.module(), ident(config));
                Ok(quote!(#module::#function(g, &c.#field)))
            }
            Some(Nested::Chosen(_)) => {
                let field = ident(config);
                Ok(quote!(Nested::new(super::TYPES, &c.#field).graph(#task, g)))
            }
            None => {
                let hint = suggest(config, self.config.nested.keys().map(String::as_str));
                Err(format!("there is no nested config {config:?}{hint}"))
            }
        }
    }
}

/// The type of what a step with a mistake in it gives.
pub(super) fn unknown_outputs() -> Type {
    Type::Outputs { config: String::new(), task: String::new() }
}

fn text(node: &Node) -> Option<Text> {
    Some(Text { text: node.as_str()?.to_owned(), at: node.at.clone() })
}

impl Context<'_> {
    /// `vision_config.hidden_size`, a field of a nested config, or `vision.pooler_output`, an output of a submodel.
    pub(super) fn check_member(&mut self, of: &Typed, member: &str) -> Checked<Typed> {
        match &of.ty {
            Type::Config(field) => self.check_nested_field(of, field, member),
            Type::Outputs { config, task } => {
                let ty = self.output_type(config, task, member)?;
                let outputs = &of.tokens;
                let mut typed = match ty {
                    Type::Value => Typed::new(quote!(#outputs.value(g, #member)), ty, Binding::Atom),
                    ty => {
                        return Ok(
                            Typed::new(quote!(#outputs.optional(#member)), ty, Binding::Atom).reading(&[of])
                        );
                    }
                };
                typed.uses.insert("g".to_owned());
                Ok(typed.reading(&[of]))
            }
            ty => Err(format!("{ty} has no member {member:?}")),
        }
    }

    /// `vision.hidden_states[-2]`: one of an output that there are several of.
    pub(super) fn check_nth_output(&mut self, of: &Typed, member: &str, index: &Typed) -> Checked<Typed> {
        let Type::Outputs { config, task } = &of.ty else { return Err(format!("{} has no elements", of.ty)) };
        self.output_type(config, task, member)?;
        let index_tokens = match &index.ty {
            Type::Usize => {
                let index = index.at_least(Binding::Cast);
                quote!(#index as i64)
            }
            _ => index.coerce(&Type::I64)?,
        };
        let outputs = &of.tokens;
        let tokens = quote!(#outputs.nth(g, #member, #index_tokens));
        let mut typed = Typed::new(tokens, Type::Value, Binding::Atom).reading(&[of, index]);
        typed.uses.insert("g".to_owned());
        Ok(typed)
    }

    /// `vision.feature_maps[..]`: all of an output that there are several of.
    pub(super) fn check_all_outputs(&mut self, of: &Typed, member: &str) -> Checked<Typed> {
        let Type::Outputs { config, task } = &of.ty else { return Err(format!("{} has no elements", of.ty)) };
        self.output_type(config, task, member)?;
        let (outputs, values) = (&of.tokens, Type::List(Box::new(Type::Value)));
        Ok(Typed::new(quote!(#outputs.all(#member)), values, Binding::Atom).reading(&[of]))
    }

    fn output_type(&mut self, config: &str, task: &str, member: &str) -> Checked<Type> {
        match self.config.nested.get_mut(config) {
            Some(nested) => nested.output(task, member),
            // What is wrong with the step has been reported.
            None => Ok(Type::Value),
        }
    }

    fn check_nested_field(&mut self, of: &Typed, field: &str, member: &str) -> Checked<Typed> {
        let place = &of.tokens;
        match self.config.nested.get(field) {
            Some(Nested::Known(model)) => model.field(place, member),
            _ if self.receiver == "config" => {
                Err(format!("checks cannot see the fields of {field:?}, whose type the config chooses"))
            }
            _ => {
                let tokens = quote!(Nested::new(super::TYPES, &#place).usize(g, #member));
                let mut typed = Typed::new(tokens, Type::Usize, Binding::Atom);
                typed.bits = super::names::SIZE_BITS;
                typed.uses.insert("g".to_owned());
                Ok(typed)
            }
        }
    }
}
