//! What the skill runs, and its task: that they exist, are compiled in, and were measured.

use std::path::PathBuf;

use proc_macro2::Span;
use quote::format_ident;
use syn::LitStr;

use super::{Known, Origin, Own, spec};
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

/// What the skill runs.
pub fn check(arguments: &Arguments, known: Known<'_>, errors: &mut Errors) -> Option<Origin> {
    match arguments.source.as_ref()? {
        Source::ModelType(written) => built_in(written, arguments, known, errors),
        Source::Spec(written) => own(written, arguments, known, errors),
        Source::Exported(written) => {
            if !written.value().ends_with(".onnx") {
                let message = "expected an ONNX file of the checkpoint, such as `onnx = \"onnx/model.onnx\"`";
                errors.at(written.span(), message);
            }
            Some(Origin::Exported(written.clone()))
        }
    }
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
        errors.at(span, unknown(&name, known.index));
        return None;
    };
    check_feature(&name, entry, known.features, span, errors);
    if !entry.is_verified() && arguments.allow_unverified.is_none() {
        errors
            .at(span, format!("{} has metadata, but no task of it was measured: {UNVERIFIED}", entry.title));
    }
    Some(Origin::BuiltIn { model_type: name, entry: entry.clone() })
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
    origin: Option<&Origin>,
    errors: &mut Errors,
) -> Option<&'static Task> {
    let written = &arguments.task.as_ref()?.value;
    let (name, span) = (written.value(), written.span());
    let found = tasks::find(&name);
    let Some((_, entry)) = origin.and_then(Origin::model_type) else {
        if found.is_none() {
            let names = || TASKS.iter().map(|task| task.name);
            let hint = did_you_mean(&name, names());
            errors.at(span, format!("there is no task `{name}`{hint}; the tasks are {}", list(names())));
        }
        if let (Some(Origin::Exported(_)), "text-generation") = (origin, &*name) {
            let message = "`text-generation` from an exported graph is not supported, since it needs a key/value \
                           cache; name a model type that generates, such as `model = \"llama\"`";
            errors.at(span, message);
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
