//! Checking: arguments against what there is, and against each other.

mod backends;
mod contradictions;
mod generation;
mod model;
mod options;
mod origin;
mod spec;
#[cfg(test)]
mod tests;

pub use origin::{Exported, Origin, Own};
pub use spec::Spec;

use proc_macro2::Span;
use syn::{Ident, Lit, Path};

use crate::arguments::{Arguments, example};
use crate::backends::Backend;
use crate::errors::Errors;
use crate::features::Features;
use crate::index::Index;
use crate::tasks::Task;

/// A skill that can be.
pub struct Skill {
    /// Where its graph comes from.
    pub origin: Origin,
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
        let has_source = name == "model" && arguments.sources().next().is_some();
        if arguments.is_missing(name) && !has_source {
            errors.at(Span::call_site(), format!("missing argument: `{}`", example(name)));
        }
    }
    let origin = model::check(arguments, known, errors);
    let task = model::check_task(arguments, origin.as_ref(), errors);
    let backends = backends::check(arguments, origin.as_ref(), task, known.features, errors);
    options::check(arguments, task, errors);
    contradictions::check(arguments, errors);
    let max_length = options::max_length(arguments, errors);
    let pooling = options::pooling(arguments, errors);
    let generation = generation::check(arguments, errors);
    Some(Skill {
        origin: origin?,
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
