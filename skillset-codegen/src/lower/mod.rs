//! From specs to checked statements: every name, type, parameter and path is right after this stage.

mod apply;
mod config;
mod expr;
mod facts;
mod input;
mod method;
mod names;
mod operator;
mod path;
mod statement;
mod step;
mod typed;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;

use crate::decode::{Table, Text};
use crate::error::{Errors, suggest};
use crate::spec::{Modality, Processor, Spec, Task};
use crate::vocabulary::Type;

pub(crate) use config::{Config, ConfigField};
pub(crate) use expr::ident;
pub(crate) use facts::{Surroundings, default_text, lower_facts, nested_types};
pub(crate) use input::LoweredInput;
pub(crate) use path::Path;
pub(crate) use statement::Statement;

use names::{ConfigNames, Locals};
use step::Steps;

/// A model type, checked and ready to be emitted.
#[derive(Debug)]
pub(crate) struct Model {
    pub spec: Spec,
    /// The config fields that the graph depends on.
    pub fields: Vec<ConfigField>,
    /// The whole config.
    pub config: Config,
    pub inputs: Vec<LoweredInput>,
    pub base: Base,
    pub heads: Vec<Head>,
}

/// The base model.
#[derive(Debug)]
pub(crate) struct Base {
    pub statements: Vec<Statement>,
    /// Everything that heads or outputs read: name → value and type, outputs first.
    pub exports: Vec<Export>,
    /// The names of the outputs.
    pub outputs: Vec<(String, Type)>,
}

/// A field of what the base model hands to heads.
#[derive(Clone, Debug)]
pub(crate) struct Export {
    pub name: String,
    pub ty: Type,
    pub value: TokenStream,
    pub uses: BTreeSet<String>,
}

/// One task.
#[derive(Debug)]
pub(crate) struct Head {
    pub task: String,
    pub aliases: Vec<String>,
    pub class: String,
    /// The path of the base model; `None`: the task is the base model.
    pub prefix: Option<String>,
    pub statements: Vec<Statement>,
    pub outputs: Vec<Export>,
    pub processor: Processor,
    pub generates: bool,
}

impl Head {
    /// The tasks that it does.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.task).chain(&self.aliases).map(String::as_str)
    }
}

/// Checks a spec; errors are recorded, and the model is complete only if there were none.
pub(crate) fn lower_model(spec: Spec, around: Surroundings<'_>, errors: &mut Errors) -> Model {
    let mut names = ConfigNames::default();
    let fields = config::lower_fields(&spec.config, &mut names, errors);
    let checks = config::lower_checks(&spec.checks, &mut names, errors);
    let mut locals = Locals::new();
    let inputs = input::lower_inputs(&spec.inputs, &mut names, &mut locals, errors);

    let mut steps = Steps { config: &mut names, locals, errors, base: None };
    let statements = steps.lower(&spec.architecture, &Path::default());
    let outputs = lower_outputs(&spec.outputs, &mut steps);
    let locals = steps.locals.clone();

    let mut seen = BTreeMap::new();
    let mut heads = vec![];
    for (name, task) in spec.tasks.iter() {
        for name in std::iter::once(name).chain(&task.aliases) {
            if seen.insert(name.text.clone(), ()).is_some() {
                errors.push(&name.at, format_args!("the task {:?} is there twice", name.text));
            }
        }
        heads.push(lower_head(name, task, &spec, &locals, &outputs, &mut names, errors));
    }
    let exports = exports(&outputs, &heads, &locals);
    let outputs = outputs.into_iter().map(|output| (output.name, output.ty)).collect();
    let base = Base { statements, exports, outputs };
    let config = lower_config(&spec, &fields, &names, checks, around, errors);
    Model { spec, fields, config, inputs, base, heads }
}

/// The fields of the spec, then those that only its facts have.
fn lower_config(
    spec: &Spec,
    fields: &[ConfigField],
    names: &ConfigNames,
    checks: Vec<TokenStream>,
    around: Surroundings<'_>,
    errors: &mut Errors,
) -> Config {
    let layer_types = fields.iter().filter_map(|field| Some((field, field.layer_types_check(names)?)));
    let mut refusals = vec![];
    for (field, check) in layer_types {
        match check {
            Ok(check) => refusals.push(check),
            Err(message) => errors.push(&field.at, message),
        }
    }
    let mut config = Config {
        title: spec.title.text.clone(),
        fields: fields.iter().filter_map(|field| field.emitted(names)).collect(),
        common: fields.iter().filter_map(ConfigField::common_default).collect(),
        positive: fields.iter().filter_map(|field| field.positive_check(names)).collect(),
        checks: refusals.into_iter().chain(checks).collect(),
        ..Config::default()
    };
    if let Some(facts) = &spec.facts {
        lower_facts(facts, &mut config, around, errors);
    }
    config
}

fn lower_outputs(outputs: &Table<Text>, steps: &mut Steps<'_>) -> Vec<Export> {
    let mut lowered = vec![];
    for (name, text) in outputs.iter() {
        let Some(typed) = steps.expression(text) else { continue };
        let is_output = match &typed.ty {
            Type::Value => true,
            Type::Option(inner) => **inner == Type::Value,
            _ => false,
        };
        if !is_output {
            steps.errors.push(&text.at, format_args!("an output is a Value, found {}", typed.ty));
            continue;
        }
        let name = name.text.clone();
        lowered.push(Export { name, ty: typed.ty, value: typed.tokens, uses: typed.uses });
    }
    lowered
}

fn lower_head(
    name: &Text,
    task: &Task,
    spec: &Spec,
    base_locals: &Locals,
    base_outputs: &[Export],
    names: &mut ConfigNames,
    errors: &mut Errors,
) -> Head {
    let is_base = task.head.is_none();
    let prefix = task.prefix.clone().or_else(|| spec.prefix.clone()).unwrap_or_default();
    let mut locals = base_locals.clone();
    for output in base_outputs {
        locals.insert(output.name.clone(), names::Local::new(output.ty.clone()));
    }
    let mut steps = Steps { config: names, locals, errors, base: Some(&prefix) };
    let mut statements = vec![];
    if let Some(first) = &task.after {
        match spec.tasks.get(&first.text).map(|task| task.head.as_deref()) {
            Some(Some(head)) => statements = steps.lower(head, &Path::default()),
            Some(None) => {
                steps.errors.push(&first.at, format_args!("the task {:?} has no head", first.text));
            }
            None => {
                let hint = suggest(&first.text, spec.tasks.names());
                steps.errors.push(&first.at, format_args!("there is no task {:?}{hint}", first.text));
            }
        }
    }
    statements.extend(steps.lower(task.head.as_deref().unwrap_or_default(), &Path::default()));
    let outputs = lower_outputs(&task.outputs, &mut steps);
    let has_outputs = task.outputs.names().next().is_some();
    if is_base && has_outputs {
        errors.push(&task.at, "a task without `head` has the outputs of the base model; remove `outputs`");
    }
    if !is_base && !has_outputs {
        errors.push(&task.at, "a task with a `head` needs `outputs`");
    }
    Head {
        task: name.text.clone(),
        aliases: task.aliases.iter().map(|alias| alias.text.clone()).collect(),
        class: task.class.text.clone(),
        prefix: (!is_base).then_some(prefix),
        statements,
        outputs,
        processor: task.processor.unwrap_or(match spec.modality {
            Modality::Text => Processor::Text,
            Modality::Vision => Processor::Image,
            Modality::Audio => Processor::Audio,
            Modality::Multimodal => Processor::Multimodal,
        }),
        generates: task.generates,
    }
}

/// The base model's outputs, and what else of it the heads read.
fn exports(outputs: &[Export], heads: &[Head], locals: &Locals) -> Vec<Export> {
    let mut exports = outputs.to_vec();
    let wanted: BTreeSet<String> = heads.iter().flat_map(Head::free_names).collect();
    for name in wanted {
        if exports.iter().any(|export| export.name == name) {
            continue;
        }
        let Some(local) = locals.get(&name) else { continue };
        let ident = ident(&name);
        exports.push(Export {
            value: quote::quote!(#ident),
            ty: local.ty.clone(),
            uses: BTreeSet::from([name.clone()]),
            name,
        });
    }
    exports
}

impl Head {
    /// The names that the head reads before it binds them.
    pub(crate) fn free_names(&self) -> BTreeSet<String> {
        let live = self.outputs.iter().flat_map(|output| output.uses.iter().cloned()).collect();
        let mut free = crate::emit::live_before(&self.statements, live);
        free.remove("g");
        free
    }
}
