//! What the skill runs, and its task: that they exist, are compiled in, and were measured.

use std::path::PathBuf;

use proc_macro2::Span;
use quote::format_ident;
use syn::LitStr;

use super::{Exported, Known, Origin, Own, spec};
use crate::arguments::Arguments;
use crate::errors::Errors;
use crate::features::Features;
use crate::index::{Entry, Index, Listed};
use crate::suggest::{did_you_mean, list};
use crate::tasks::{self, TASKS, Task};

/// What unverified means, and what to do about it.
pub const UNVERIFIED: &str = "what it computes was never held against transformers and may be wrong; add \
                              `allow_unverified` to compile it all the same";

/// So many model types are listed in a message; of more, the command that lists them is named.
const MOST_LISTED: usize = 12;

/// What the skill runs.
pub fn check(arguments: &Arguments, known: Known<'_>, errors: &mut Errors) -> Option<Origin> {
    match (&arguments.spec, &arguments.onnx, &arguments.model) {
        (Some(spec), ..) => own(spec, arguments, known, errors),
        (None, Some(file), of) => exported(file, of.as_ref(), known.index, errors),
        (None, None, Some(written)) if arguments.was_given("onnx") => {
            // What is wrong with the file's argument has been said.
            model_type_of_graph(written, known.index, errors);
            None
        }
        (None, None, Some(written)) => built_in(written, arguments, known, errors),
        (None, None, None) => None,
    }
}

fn exported(file: &LitStr, of: Option<&LitStr>, index: &Index, errors: &mut Errors) -> Option<Origin> {
    if !file.value().ends_with(".onnx") {
        let message = "expected an ONNX file of the checkpoint, such as `onnx = \"onnx/model.onnx\"`";
        errors.at(file.span(), message);
    }
    let of = match of {
        Some(written) => Some(model_type_of_graph(written, index, errors)?),
        None => None,
    };
    Some(Origin::Exported(Exported { file: file.clone(), of }))
}

/// The model type of an exported graph: any there is, with an architecture or without.
fn model_type_of_graph(written: &LitStr, index: &Index, errors: &mut Errors) -> Option<(String, Listed)> {
    let name = written.value();
    let listed = index.listed(&name);
    if listed.is_none() {
        errors.at(written.span(), unknown(&name, index));
    }
    Some((name, listed?))
}

fn own(written: &LitStr, arguments: &Arguments, known: Known<'_>, errors: &mut Errors) -> Option<Origin> {
    let crate_dir = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let file = written.value();
    match spec::read(&file, &crate_dir, known.index) {
        Ok(spec) => {
            let models = arguments.models.as_ref().map(|models| models.value.clone());
            let mut module = models.unwrap_or_else(|| syn::parse_quote!(crate::models));
            module.segments.push(format_ident!("{}", spec::module_name(&spec.model_type)).into());
            Some(Origin::Own(Own { spec, file, module }))
        }
        Err(problem) => {
            errors.at(written.span(), problem);
            None
        }
    }
}

fn built_in(
    written: &LitStr,
    arguments: &Arguments,
    known: Known<'_>,
    errors: &mut Errors,
) -> Option<Origin> {
    let (name, span) = (written.value(), written.span());
    let Some(entry) = known.index.find(&name) else {
        let problem = match known.index.listed(&name) {
            Some(listed) => metadata_only(&name, &listed),
            None => unknown(&name, known.index),
        };
        errors.at(span, problem);
        return None;
    };
    check_feature(&name, entry, known.features, span, errors);
    if !entry.is_verified() && arguments.allow_unverified.is_none() {
        errors
            .at(span, format!("{} has metadata, but no task of it was measured: {UNVERIFIED}", entry.title));
    }
    Some(Origin::BuiltIn { model_type: name, entry: entry.clone() })
}

fn metadata_only(name: &str, listed: &Listed) -> String {
    let title = &listed.title;
    format!(
        "there is no architecture for `{name}` ({title}) yet, only metadata; run a graph that was exported elsewhere, by \
         adding `onnx = \"onnx/model.onnx\"`, or describe the architecture in a spec of your own: `spec = \
         \"model_specs/{name}.json\"`"
    )
}

fn unknown(name: &str, index: &Index) -> String {
    let names = index.model_types();
    let hint = did_you_mean(name, names.iter().copied());
    let known = if names.len() > MOST_LISTED {
        format!("`skillset list` prints the {} there are", names.len())
    } else {
        format!("the model types are {}", list(names))
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

/// That transformers has a class for the task of an exported graph.
fn check_task_of_graph(task: &str, listed: &Listed, span: Span, errors: &mut Errors) {
    // One vector for a text is made of those of its tokens, and an image's are features to transformers as well.
    let of_features = ["sentence-similarity", "image-feature-extraction"].contains(&task);
    let has = |task: &str| listed.tasks.iter().any(|known| known == task);
    if has(task) || (of_features && has("feature-extraction")) || tasks::find(task).is_none() {
        return;
    }
    let (title, names) = (&listed.title, || listed.tasks.iter().map(String::as_str));
    let hint = did_you_mean(task, names());
    errors.at(
        span,
        format!("{title} has no task `{task}`{hint}; transformers has classes for {}", list(names())),
    );
}

/// The task: any there is if the model type is not known.
pub fn check_task(
    arguments: &Arguments,
    origin: Option<&Origin>,
    errors: &mut Errors,
) -> Option<&'static Task> {
    let written = &arguments.task.as_ref()?.value;
    let (name, span) = (written.value(), written.span());
    let found = tasks::find(&name);
    if let Some(Origin::Exported(Exported { of: Some((_, listed)), .. })) = origin {
        check_task_of_graph(&name, listed, span, errors);
    }
    let Some((_, entry)) = origin.and_then(Origin::model_type) else {
        if found.is_none() {
            let names = || TASKS.iter().map(|task| task.name);
            let hint = did_you_mean(&name, names());
            errors.at(span, format!("there is no task `{name}`{hint}; the tasks are {}", list(names())));
        }
        return found;
    };
    let Some((task, head)) = found.and_then(|task| Some((task, entry.tasks.get(task.name)?))) else {
        let names = || entry.tasks.keys().map(String::as_str).filter(|task| tasks::find(task).is_some());
        let title = &entry.title;
        if entry.tasks.contains_key(&name) {
            errors.at(
                span,
                format!(
                    "`{name}` of {title} is a head without a pipeline: run it on tensors, by `Model::forward` or \
                     `skillset forward`; tasks of skills are {}",
                    list(names())
                ),
            );
            return None;
        }
        let hint = did_you_mean(&name, names());
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
