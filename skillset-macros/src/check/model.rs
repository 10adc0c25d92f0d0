//! The model type and its task: that they exist, are compiled in, and were measured.

use proc_macro2::Span;

use super::Known;
use crate::arguments::{Arguments, Source};
use crate::errors::Errors;
use crate::features::Features;
use crate::index::{Entry, Index};
use crate::suggest::{did_you_mean, list};
use crate::tasks::{self, TASKS, Task};

/// What unverified means, and what to do about it.
pub const UNVERIFIED: &str = "what it computes was never held against transformers and may be wrong; add \
                              `allow_unverified` to compile it all the same";

/// So many model types are listed in a message; of more, the command that lists them is named.
const MOST_LISTED: usize = 12;

/// The model type and its entry.
pub fn check(arguments: &Arguments, known: Known<'_>, errors: &mut Errors) -> Option<(String, Entry)> {
    let Source::ModelType(written) = arguments.source.as_ref()?;
    let (name, span) = (written.value(), written.span());
    let Some(entry) = known.index.find(&name) else {
        errors.at(span, unknown(&name, known.index));
        return None;
    };
    check_feature(&name, entry, known.features, span, errors);
    if !entry.is_verified() && arguments.allow_unverified.is_none() {
        errors
            .at(span, format!("{} has metadata, but no task of it was measured: {UNVERIFIED}", entry.title));
    }
    Some((name, entry.clone()))
}

fn unknown(name: &str, index: &Index) -> String {
    let hint = did_you_mean(name, index.model_types());
    let known = if index.model_types().len() > MOST_LISTED {
        format!("`skillset list` prints the {} there are", index.model_types().len())
    } else {
        format!("the model types are {}", list(index.model_types()))
    };
    format!("unknown model type `{name}`{hint}; {known}")
}

fn check_feature(name: &str, entry: &Entry, features: Features, span: Span, errors: &mut Errors) {
    let modality = &entry.modality;
    if !features.has(modality) {
        errors.at(
            span,
            format!(
                "model type `{name}` needs the cargo feature `{modality}` of skillset, which is off; turn it on in \
                 Cargo.toml: `skillset = {{ features = [\"{modality}\"] }}`"
            ),
        );
    }
}

/// The task: any there is if the model type is not known.
pub fn check_task(
    arguments: &Arguments,
    model: Option<&(String, Entry)>,
    errors: &mut Errors,
) -> Option<&'static Task> {
    let written = &arguments.task.as_ref()?.value;
    let (name, span) = (written.value(), written.span());
    let found = tasks::find(&name);
    let Some((_, entry)) = model else {
        if found.is_none() {
            let names = || TASKS.iter().map(|task| task.name);
            let hint = did_you_mean(&name, names());
            errors.at(span, format!("there is no task `{name}`{hint}; the tasks are {}", list(names())));
        }
        return found;
    };
    let Some((task, head)) = found.and_then(|task| Some((task, entry.tasks.get(task.name)?))) else {
        let names = || entry.tasks.keys().map(String::as_str);
        let hint = did_you_mean(&name, names());
        let title = &entry.title;
        errors.at(span, format!("{title} has no task `{name}`{hint}; its tasks are {}", list(names())));
        return None;
    };
    // Of a model type without any evidence it has been said already.
    if head.measured.is_empty() && entry.is_verified() && arguments.allow_unverified.is_none() {
        let title = &entry.title;
        errors.at(span, format!("`{name}` of {title} has metadata, but was not measured: {UNVERIFIED}"));
    }
    Some(task)
}
