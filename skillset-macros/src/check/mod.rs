//! Checking: arguments against what there is, and against each other.

mod backends;
mod contradictions;
mod generation;
mod model;
mod options;

use proc_macro2::Span;
use syn::{Ident, Lit, Path};

use crate::arguments::{Arguments, example};
use crate::backends::Backend;
use crate::errors::Errors;
use crate::features::Features;
use crate::index::{Entry, Index};
use crate::tasks::Task;

/// A skill that can be.
pub struct Skill {
    /// The model type, as `model_type` of a `config.json`.
    pub model_type: String,
    /// What is known about it.
    pub entry: Entry,
    /// What it does.
    pub task: &'static Task,
    /// Where it may run, in order of preference.
    pub backends: Vec<&'static Backend>,
    /// To how many tokens texts are cut.
    pub max_length: Option<usize>,
    /// The variant of `PoolingMode`.
    pub pooling: Option<&'static str>,
    /// Parameters of generation and their values.
    pub generation: Vec<(Ident, Lit)>,
    /// Whether tests are generated.
    pub tests: bool,
    /// The path of the `skillset` crate.
    pub krate: Path,
}

/// What arguments are held against.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The model types.
    pub index: &'a Index,
    /// The cargo features that are on.
    pub features: Features,
}

/// Checks every argument, and records what is wrong, each on its own token.
pub fn check(arguments: &Arguments, known: Known<'_>, errors: &mut Errors) -> Option<Skill> {
    for name in ["model", "task", "backends"] {
        if arguments.is_missing(name) {
            errors.at(Span::call_site(), format!("missing argument: `{}`", example(name)));
        }
    }
    let model = model::check(arguments, known, errors);
    let task = model::check_task(arguments, model.as_ref(), errors);
    let head = model.as_ref().zip(task).and_then(|((_, entry), task)| entry.tasks.get(task.name));
    let backends = backends::check(arguments, head, known.features, errors);
    options::check(arguments, task, errors);
    contradictions::check(arguments, errors);
    let max_length = options::max_length(arguments, errors);
    let pooling = options::pooling(arguments, errors);
    let generation = generation::check(arguments, errors);
    let (model_type, entry) = model?;
    Some(Skill {
        model_type,
        entry,
        task: task?,
        backends: backends?,
        max_length,
        pooling,
        generation,
        tests: arguments.tests.as_ref().is_none_or(|tests| tests.value.value),
        krate: arguments
            .krate
            .as_ref()
            .map_or_else(|| syn::parse_quote!(::skillset), |krate| krate.value.clone()),
    })
}
