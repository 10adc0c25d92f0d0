//! Nested configs: what expressions and steps may know of the models that they are of.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::emit::{PART, function_name, module_name};
use crate::error::suggest;
use crate::spec::Spec;
use crate::vocabulary::Type;

use super::config::field_of;
use super::expr::{Checked, ident};
use super::names::{COUNT_BITS, SIZE_BITS};
use super::typed::{Binding, Typed};
use super::{Export, LoweredInput, Model, offers};

/// The name under which heads find their own base model, which no field can have.
pub(super) const OWN: &str = "self";

/// The model of a nested config.
#[derive(Clone, Debug)]
pub(crate) enum Nested {
    /// One of a type that the spec names.
    Known(Box<KnownModel>),
    /// One of the type that the config chooses; what is asked of it, by task.
    Chosen(BTreeMap<String, Need>),
}

/// What a model asks of one inside of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Need {
    /// Inputs that it must take.
    pub inputs: BTreeSet<String>,
    /// Outputs that it must have.
    pub outputs: BTreeSet<String>,
}

/// A model that is checked already.
#[derive(Clone, Debug)]
pub(crate) struct KnownModel {
    model_type: String,
    fields: BTreeMap<String, Type>,
    positive: BTreeSet<String>,
    counts: BTreeSet<String>,
    /// The inputs, and whether each is a switch.
    pub inputs: BTreeMap<String, bool>,
    /// The outputs of each task, the base model's under `base`.
    tasks: BTreeMap<String, KnownTask>,
    /// Whether there are configs that its graphs refuse.
    pub is_refused: bool,
}

#[derive(Clone, Debug)]
struct KnownTask {
    function: String,
    outputs: BTreeMap<String, Type>,
}

impl KnownTask {
    fn new(name: &str, outputs: impl IntoIterator<Item = (String, Type)>, offers: &[String]) -> Self {
        // Of an output that there are several of, each is a value.
        let each = |(name, ty)| (name, if matches!(ty, Type::List(_)) { Type::Value } else { ty });
        let offers = offers.iter().map(|name| (name.clone(), Type::Value));
        let outputs = offers.chain(outputs.into_iter().map(each)).collect();
        Self { function: function_name(name), outputs }
    }
}

impl KnownModel {
    pub(crate) fn new(model: &Model) -> Self {
        let mut tasks = BTreeMap::new();
        for head in &model.heads {
            let is_base = head.prefix.is_none();
            let own = head.outputs.iter().map(|output| (output.name.clone(), output.ty.clone()));
            let own: Vec<_> = if is_base { model.base.outputs.clone() } else { own.collect() };
            let task = KnownTask::new(&head.task, own, &head.offers);
            if is_base {
                tasks.entry("base".to_owned()).or_insert_with(|| task.clone());
            }
            tasks.extend(head.names().map(|name| (name.to_owned(), task.clone())));
        }
        if model.spec.is_part() {
            let offers = offers(model.spec.architecture.iter());
            let part = KnownTask::new(PART, model.base.outputs.clone(), &offers);
            tasks.insert("base".to_owned(), part);
        }
        Self {
            model_type: model.spec.model_type.text.clone(),
            fields: model.fields.iter().map(|field| (field.name.clone(), field.ty.clone())).collect(),
            positive: model.names.positive.clone(),
            counts: model.names.counts.clone(),
            inputs: names_of(&model.inputs),
            tasks,
            is_refused: model.config.is_refused(),
        }
    }

    /// The base model as the heads of its own spec see it.
    pub(super) fn own(spec: &Spec, inputs: &[LoweredInput], outputs: &[Export]) -> Self {
        let outputs = outputs.iter().map(|output| (output.name.clone(), output.ty.clone()));
        let part = KnownTask::new(PART, outputs, &offers(spec.architecture.iter()));
        Self {
            model_type: spec.model_type.text.clone(),
            fields: BTreeMap::new(),
            positive: BTreeSet::new(),
            counts: BTreeSet::new(),
            inputs: names_of(inputs),
            tasks: BTreeMap::from([("base".to_owned(), part)]),
            is_refused: false,
        }
    }

    /// The module of its code.
    pub(crate) fn module(&self) -> TokenStream {
        let module = ident(&module_name(&self.model_type));
        quote!(super::#module)
    }

    fn task(&self, name: &str) -> Checked<&KnownTask> {
        self.tasks.get(name).ok_or_else(|| {
            let hint = suggest(name, self.tasks.keys().map(String::as_str));
            format!("{:?} has no task {name:?}{hint}", self.model_type)
        })
    }

    /// The function that adds the graph of a task, as it is called in the model's own module.
    pub(crate) fn function(&self, task: &str) -> Checked<Ident> {
        Ok(ident(&self.task(task)?.function))
    }

    /// A field of its config, which is at `place`.
    pub(super) fn field(&self, place: &TokenStream, name: &str) -> Checked<Typed> {
        let ty = self.fields.get(name).ok_or_else(|| {
            let hint = suggest(name, self.fields.keys().map(String::as_str));
            format!("the config of {:?} has no field {name:?}{hint}", self.model_type)
        })?;
        let mut field = Typed::new(field_of(place, name), ty.clone(), Binding::Atom);
        field.is_place = true;
        field.positive = self.positive.contains(name);
        field.bits = if self.counts.contains(name) { COUNT_BITS } else { SIZE_BITS };
        Ok(field)
    }

    fn output(&self, task: &str, name: &str) -> Checked<Type> {
        let outputs = &self.task(task)?.outputs;
        outputs.get(name).cloned().ok_or_else(|| {
            let hint = suggest(name, outputs.keys().map(String::as_str));
            format!("{:?} has no output {name:?}{hint}", self.model_type)
        })
    }
}

/// The names of inputs, and whether each is a switch.
fn names_of(inputs: &[LoweredInput]) -> BTreeMap<String, bool> {
    inputs.iter().map(|input| (input.name.clone(), input.is_flag())).collect()
}

impl Nested {
    /// The type of an output of a task; one that the config chooses must have it then.
    pub(super) fn output(&mut self, task: &str, name: &str) -> Checked<Type> {
        match self {
            Self::Known(model) => model.output(task, name),
            Self::Chosen(needs) => {
                needs.entry(task.to_owned()).or_default().outputs.insert(name.to_owned());
                Ok(Type::Value)
            }
        }
    }
}
