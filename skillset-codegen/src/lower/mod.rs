//! From specs to checked statements: every name, type, parameter and path is right after this stage.

mod apply;
mod config;
mod expr;
mod facts;
mod input;
mod method;
mod names;
mod nested;
mod operator;
mod path;
mod statement;
mod step;
mod submodel;
mod typed;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;

use crate::decode::{Table, Text};
use crate::error::{Errors, suggest};
use crate::spec::{Modality, Processor, Spec, Step, Task};
use crate::vocabulary::Type;

pub(crate) use config::{Config, ConfigField, named_nested};
pub(crate) use expr::ident;
pub(crate) use facts::{Surroundings, default_text, lower_facts, nested_types};
pub(crate) use input::LoweredInput;
pub(crate) use path::Path;
pub(crate) use statement::{Choice, Statement};

use names::{ConfigNames, Locals};
use nested::{KnownModel, Nested, OWN};
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
    /// What its expressions say of the config.
    names: ConfigNames,
}

/// The base model.
#[derive(Debug)]
pub(crate) struct Base {
    pub statements: Vec<Statement>,
    /// Everything that heads or outputs read: name → value and type, outputs first.
    pub exports: Vec<Export>,
    /// The names of the outputs.
    pub outputs: Vec<(String, Type)>,
    /// Whether a head applies it by a step.
    pub is_applied: bool,
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
    /// The task that it does for checkpoints of its class.
    pub serves: Option<String>,
    /// The path of the base model; `None`: the task is the base model.
    pub prefix: Option<String>,
    /// Whether there is no base model before it.
    pub is_alone: bool,
    /// Statements that refuse configs.
    pub checks: Vec<TokenStream>,
    pub statements: Vec<Statement>,
    /// Its outputs; the values of one that is a list are given by statements.
    pub outputs: Vec<Export>,
    /// Outputs that there are on request only.
    pub offers: Vec<String>,
    pub processor: Processor,
    pub generates: bool,
}

impl Head {
    /// The tasks that it does.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.task).chain(&self.aliases).map(String::as_str)
    }
}

/// Checks a spec; errors are recorded, and the model is complete only if there were none. `models` are those whose
/// configs it may nest.
pub(crate) fn lower_model(
    spec: Spec,
    models: &BTreeMap<String, Model>,
    around: Surroundings<'_>,
    errors: &mut Errors,
) -> Model {
    let mut names = ConfigNames::default();
    let fields = config::lower_fields(&spec.config, &mut names, models, errors);
    let checks = config::lower_checks(&spec.checks, &mut names, errors);
    let mut locals = Locals::new();
    let inputs = input::lower_inputs(&spec.inputs, &mut names, &mut locals, errors);
    let given = locals.clone();

    let mut steps = Steps { config: &mut names, locals, errors, base: None, lists: BTreeSet::new() };
    let statements = steps.lower(&spec.architecture, &Path::default());
    let outputs = lower_outputs(&spec.outputs, &mut steps);
    let own = KnownModel::own(&spec, &inputs, &outputs);
    steps.config.nested.insert(OWN.to_owned(), Nested::Known(Box::new(own)));
    let base = BaseScope { inputs: &inputs, given, locals: steps.locals.clone(), outputs: &outputs };

    let mut seen = BTreeMap::new();
    let mut heads = vec![];
    for (name, task) in spec.tasks.iter() {
        for name in std::iter::once(name).chain(&task.aliases) {
            if seen.insert(name.text.clone(), ()).is_some() {
                errors.push(&name.at, format_args!("the task {:?} is there twice", name.text));
            }
        }
        heads.push(lower_head(name, task, &spec, &base, &mut names, errors));
    }
    let exports = exports(&outputs, &heads, &base.locals);
    let outputs = outputs.into_iter().map(|output| (output.name, output.ty)).collect();
    let base = Base { statements, exports, outputs, is_applied: names.applies_base };
    let config = lower_config(&spec, &fields, &names, checks, around, errors);
    Model { spec, fields, config, inputs, base, heads, names }
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
        nested: fields.iter().flat_map(|field| field.nested_checks(names)).collect(),
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
        let name = &name.text;
        if steps.lists.contains(name) {
            if text.text != *name {
                steps
                    .errors
                    .push(&text.at, format_args!("steps give the values of {name:?}: expected {name:?}"));
            }
            let (ty, value, uses) = (Type::List(Box::new(Type::Value)), TokenStream::new(), BTreeSet::new());
            lowered.push(Export { name: name.clone(), ty, value, uses });
            continue;
        }
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
        lowered.push(Export { name: name.clone(), ty: typed.ty, value: typed.tokens, uses: typed.uses });
    }
    lowered
}

/// What a head may see.
struct BaseScope<'a> {
    inputs: &'a [LoweredInput],
    /// The names of the inputs.
    given: Locals,
    /// The names that the base model binds.
    locals: Locals,
    outputs: &'a [Export],
}

impl BaseScope<'_> {
    /// The names that a head sees, and the statements before its own.
    fn for_head(&self, task: &Task, errors: &mut Errors) -> (Locals, Vec<Statement>) {
        let Some(wanted) = &task.inputs else {
            let outputs = self.outputs.iter();
            let outputs = outputs.map(|output| (output.name.clone(), names::Local::new(output.ty.clone())));
            return (self.locals.clone().into_iter().chain(outputs).collect(), vec![]);
        };
        for name in wanted.iter().filter(|name| !self.given.contains_key(&name.text)) {
            let hint = suggest(&name.text, self.given.keys().map(String::as_str));
            errors.push(&name.at, format_args!("there is no input {:?}{hint}", name.text));
        }
        let is_wanted = |input: &str| wanted.iter().any(|name| name.text == input);
        let locals = self.given.iter().filter(|(name, _)| is_wanted(name));
        let locals = locals.map(|(name, local)| (name.clone(), local.clone())).collect();
        let inputs: Vec<&LoweredInput> = self.inputs.iter().filter(|input| is_wanted(&input.name)).collect();
        for name in wanted {
            let mut read =
                inputs.iter().filter(|input| input.name == name.text).flat_map(|input| input.reads());
            if let Some(missing) = read.find(|read| self.given.contains_key(*read) && !is_wanted(read)) {
                let message = format_args!("it depends on the input {missing:?}, which has to be there, too");
                errors.push(&name.at, message);
            }
        }
        (locals, inputs.into_iter().map(|input| input.statement.clone()).collect())
    }
}

fn lower_head(
    name: &Text,
    task: &Task,
    spec: &Spec,
    base: &BaseScope<'_>,
    names: &mut ConfigNames,
    errors: &mut Errors,
) -> Head {
    let is_base = task.head.is_none();
    let prefix = task.prefix.clone().or_else(|| spec.prefix.clone()).unwrap_or_default();
    let (locals, mut statements) = base.for_head(task, errors);
    let own_offers = offers(task.head.iter().flatten());
    let lists = task.outputs.names().filter(|name| own_offers.iter().any(|offer| offer == name));
    let lists = lists.map(str::to_owned).collect();
    let mut steps = Steps { config: names, locals, errors, base: Some(&prefix), lists };
    if let Some(first) = &task.after {
        match spec.tasks.get(&first.text).map(|task| task.head.as_deref()) {
            Some(Some(head)) => statements.extend(steps.lower(head, &Path::default())),
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
    let mut on_request = match &task.inputs {
        Some(_) => own_offers,
        None => offers(spec.architecture.iter().chain(task.head.iter().flatten())),
    };
    on_request.retain(|name| !steps.lists.contains(name));
    let has_outputs = task.outputs.names().next().is_some();
    if let Some(serves) = task.serves.as_ref().filter(|serves| spec.tasks.get(&serves.text).is_none()) {
        let hint = suggest(&serves.text, spec.tasks.names());
        errors.push(&serves.at, format_args!("there is no task {:?}{hint}", serves.text));
    }
    if is_base && has_outputs {
        errors.push(&task.at, "a task without `head` has the outputs of the base model; remove `outputs`");
    }
    if !is_base && !has_outputs {
        errors.push(&task.at, "a task with a `head` needs `outputs`");
    }
    if is_base && task.inputs.is_some() {
        errors.push(&task.at, "only a `head` has `inputs` of its own");
    }
    Head {
        task: name.text.clone(),
        aliases: task.aliases.iter().map(|alias| alias.text.clone()).collect(),
        class: task.class.text.clone(),
        serves: task.serves.as_ref().map(|serves| serves.text.clone()),
        prefix: (!is_base).then_some(prefix),
        is_alone: task.inputs.is_some(),
        checks: config::lower_task_checks(&task.checks, names, errors),
        statements,
        outputs,
        offers: on_request,
        processor: task.processor.unwrap_or(match spec.modality {
            Modality::Text => Processor::Text,
            Modality::Vision => Processor::Image,
            Modality::Audio => Processor::Audio,
            Modality::Multimodal => Processor::Multimodal,
        }),
        generates: task.generates,
    }
}

/// The names of what steps offer, at any depth.
fn offers<'a>(steps: impl Iterator<Item = &'a Step>) -> Vec<String> {
    let mut names = BTreeSet::new();
    for step in steps {
        match step {
            Step::Apply(_) => {}
            Step::Group(group) => names.extend(offers(group.steps.iter())),
            Step::Repeat(repeat) => names.extend(offers(repeat.steps.iter())),
            Step::Condition(step) => names.extend(offers(step.then.iter().chain(&step.otherwise))),
            Step::Offer(offer) => {
                names.insert(offer.name.clone());
            }
        }
    }
    names.into_iter().collect()
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
