//! Arguments that only some tasks take, and the values of options.

use proc_macro2::Span;
use syn::{LitStr, Path};

use crate::arguments::Arguments;
use crate::errors::Errors;
use crate::suggest::{did_you_mean, list};
use crate::tasks::{Settings, TASKS, Task};

/// The ways to pool, by their names in sentence-transformers, and their variants of `PoolingMode`.
const POOLING: [(&str, &str); 6] = [
    ("cls", "Cls"),
    ("max", "Max"),
    ("mean", "Mean"),
    ("mean_sqrt_len_tokens", "MeanSqrtLen"),
    ("weightedmean", "WeightedMean"),
    ("lasttoken", "LastToken"),
];

/// Checks what is only for some tasks, and values that do not depend on the task.
pub fn check(arguments: &Arguments, task: Option<&Task>, errors: &mut Errors) {
    if let Some(task) = task {
        let names = [
            arguments.labels.as_ref().map(|given| &given.name),
            arguments.max_length.as_ref().map(|given| &given.name),
            arguments.pooling.as_ref().map(|given| &given.name),
            arguments.normalize.as_ref().map(|given| &given.name),
            arguments.generation.as_ref().map(|given| &given.name),
        ];
        for name in names.into_iter().flatten() {
            if let Some(problem) = misplaced(&name.to_string(), task) {
                errors.at(name.span(), problem);
            }
        }
    }
    if let Some(precision) = &arguments.precision {
        check_precision(&precision.value, errors);
    }
    if let Some(checkpoint) = &arguments.checkpoint {
        check_checkpoint(&checkpoint.value, errors);
    }
    if let Some(labels) = &arguments.labels {
        check_labels(&labels.value, labels.name.span(), errors);
    }
}

/// Why a task does not take an argument, if it does not.
fn misplaced(argument: &str, task: &Task) -> Option<String> {
    if task.takes(argument) {
        return None;
    }
    let others = list(TASKS.iter().filter(|task| task.takes(argument)).map(|task| task.name));
    let remedy = match (argument, task.name) {
        ("max_length", _) if task.settings == Settings::Generation => {
            "; to end texts earlier, set `generation(max_new_tokens = …)`"
        }
        ("pooling" | "normalize", "feature-extraction") => ", which makes one vector of those of the tokens",
        _ => "",
    };
    Some(format!("`{argument}` is no argument for `{}`; it is for {others}{remedy}", task.name))
}

fn check_precision(precision: &LitStr, errors: &mut Errors) {
    let name = precision.value();
    if name != "f32" {
        let message = format!(
            "precision `{name}` was not measured; the only one that was is `f32` (checkpoints in f16 and bf16 are \
             computed in it)"
        );
        errors.at(precision.span(), message);
    }
}

fn check_checkpoint(checkpoint: &LitStr, errors: &mut Errors) {
    let id = checkpoint.value();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if id.contains('@') {
        errors.at(
            checkpoint.span(),
            "give the revision apart: `checkpoint = \"org/name\", revision = \"main\"`",
        );
    } else if id.is_empty() || !id.chars().all(allowed) {
        let message =
            "expected an id on the Hugging Face hub or a directory, such as `checkpoint = \"org/name\"`";
        errors.at(checkpoint.span(), message);
    }
}

fn check_labels(labels: &Path, name: Span, errors: &mut Errors) {
    if labels.segments.iter().any(|segment| !segment.arguments.is_none()) {
        errors.at(name, "`labels` names an enum without parameters, one that derives `skillset::Labels`");
    }
}

/// The number of tokens that texts are cut to.
pub fn max_length(arguments: &Arguments, errors: &mut Errors) -> Option<usize> {
    let written = &arguments.max_length.as_ref()?.value;
    let length = written.base10_parse().ok().filter(|length| *length > 0);
    if length.is_none() {
        errors.at(written.span(), "`max_length` takes a number of tokens, at least 1");
    }
    length
}

/// The variant of `PoolingMode`.
pub fn pooling(arguments: &Arguments, errors: &mut Errors) -> Option<&'static str> {
    let written = &arguments.pooling.as_ref()?.value;
    let name = written.value();
    let found = POOLING.iter().find(|(known, _)| *known == name);
    if found.is_none() {
        let names = || POOLING.iter().map(|(known, _)| *known);
        let hint = did_you_mean(&name, names());
        errors.at(written.span(), format!("unknown pooling `{name}`{hint}; the ways are {}", list(names())));
    }
    found.map(|(_, variant)| *variant)
}
