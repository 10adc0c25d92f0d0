//! Checking: arguments against what there is.

use proc_macro2::Ident;
use syn::Error;

use crate::attribute::{Attribute, Errors};
use crate::index::{self, Entry, did_you_mean};

/// A skill that can be.
pub struct Skill {
    /// The model type.
    pub entry: &'static Entry,
    /// The type in `skillset::tasks` that does the task.
    pub pipeline: &'static str,
    /// The variants of `skillset::Backend`, in order.
    pub backends: Vec<&'static str>,
}

/// Task → its type in `skillset::tasks`.
const PIPELINES: [(&str, &str); 9] = [
    ("feature-extraction", "FeatureExtractor"),
    ("fill-mask", "MaskFiller"),
    ("image-classification", "ImageClassifier"),
    ("image-feature-extraction", "ImageFeatureExtractor"),
    ("question-answering", "QuestionAnswerer"),
    ("sentence-similarity", "SentenceEmbedder"),
    ("text-classification", "TextClassifier"),
    ("text-generation", "TextGenerator"),
    ("token-classification", "TokenClassifier"),
];

/// Argument → variant of `skillset::Backend`.
const BACKENDS: [(&str, &str); 2] = [("cpu", "Cpu"), ("onnx_cpu", "OnnxCpu")];

/// Checks every argument.
///
/// # Errors
/// Everything that is wrong, each on its own token.
pub fn check(attribute: &Attribute) -> syn::Result<Skill> {
    let mut errors = Errors::default();
    let entry = errors.take(model_type(attribute));
    let pipeline = entry.and_then(|entry| errors.take(task(attribute, entry)));
    let mut backends: Vec<&'static str> = vec![];
    for name in &attribute.backends {
        if let Some(variant) = errors.take(backend(name)) {
            if backends.contains(&variant) {
                errors.push(Error::new(name.span(), format!("duplicate backend `{name}`")));
            }
            backends.push(variant);
        }
    }
    match (entry, pipeline) {
        (Some(entry), Some(pipeline)) if errors.is_empty() => Ok(Skill { entry, pipeline, backends }),
        _ => errors.fail(),
    }
}

fn model_type(attribute: &Attribute) -> syn::Result<&'static Entry> {
    let name = attribute.model.value();
    index::find(&name).ok_or_else(|| {
        let hint = did_you_mean(&name, index::model_types());
        Error::new(attribute.model.span(), format!("unknown model type `{name}`{hint}"))
    })
}

fn task(attribute: &Attribute, entry: &Entry) -> syn::Result<&'static str> {
    let name = attribute.task.value();
    let pipeline = PIPELINES.iter().find(|(task, _)| *task == name && entry.tasks.contains_key(*task));
    pipeline.map(|(_, pipeline)| *pipeline).ok_or_else(|| {
        let hint = did_you_mean(&name, entry.tasks.keys().map(String::as_str));
        let tasks: Vec<_> = entry.tasks.keys().map(|task| format!("`{task}`")).collect();
        let message =
            format!("{} has no task `{name}`{hint}; its tasks are {}", entry.title, tasks.join(", "));
        Error::new(attribute.task.span(), message)
    })
}

fn backend(name: &Ident) -> syn::Result<&'static str> {
    let found = BACKENDS.iter().find(|(known, _)| name == known);
    found.map(|(_, variant)| *variant).ok_or_else(|| {
        let hint = did_you_mean(&name.to_string(), BACKENDS.iter().map(|(known, _)| *known));
        let message = format!("unknown backend `{name}`{hint}; the backends are `cpu` and `onnx_cpu`");
        Error::new(name.span(), message)
    })
}
