//! Backends: that they exist, and can run what was measured.

use proc_macro2::Ident;
use syn::Error;

use super::Origin;
use super::model::UNVERIFIED;
use crate::arguments::{Arguments, example};
use crate::backends::{BACKENDS, Backend, SYNONYMS, names};
use crate::errors::Errors;
use crate::features::Features;
use crate::index::Head;
use crate::suggest::{did_you_mean, list};
use crate::tasks::Task;

/// The backends, in order, for what they shall run, if that is known.
pub fn check(
    arguments: &Arguments,
    origin: Option<&Origin>,
    task: Option<&Task>,
    features: Features,
    errors: &mut Errors,
) -> Option<Vec<&'static Backend>> {
    let given = arguments.backends.as_ref()?;
    let entry = origin.and_then(Origin::model_type).map(|(_, entry)| entry);
    let head = entry.zip(task).and_then(|(entry, task)| entry.tasks.get(task.name));
    if given.value.is_empty() {
        let example = example("backends");
        errors.at(
            given.name.span(),
            format!("`backends` names no backend; name one or more, such as `{example}`"),
        );
        return None;
    }
    let mut found: Vec<&'static Backend> = vec![];
    for name in &given.value {
        let Some(backend) = errors.take(find(name)) else { continue };
        if found.iter().any(|before| before.name == backend.name) {
            errors.at(name.span(), format!("duplicate backend `{name}`; list it once"));
        }
        let unmeasured =
            head.filter(|head| !head.measured.is_empty() && arguments.allow_unverified.is_none());
        if let Some(problem) = unmeasured.and_then(|head| unmeasured_on(backend, head, features)) {
            errors.at(name.span(), problem);
        }
        let is_exported = matches!(origin, Some(Origin::Exported(_)));
        if is_exported && backend.engines.iter().all(|engine| engine.name != "onnx") {
            let message =
                format!("`{name}` cannot run an exported graph, which needs ONNX Runtime; use `onnx_cpu`");
            errors.at(name.span(), message);
        }
        found.push(backend);
    }
    Some(found)
}

fn find(name: &Ident) -> syn::Result<&'static Backend> {
    let written = name.to_string();
    if let Some(backend) = BACKENDS.iter().find(|backend| backend.name == written) {
        return Ok(backend);
    }
    if written == "webnn" {
        let message = "`webnn` is no native backend: a browser runs it; export the model with `skillset export` \
                       for that, or use `webgpu`";
        return Err(Error::new(name.span(), message));
    }
    let hint = match SYNONYMS.iter().find(|(other, _)| *other == written) {
        Some((_, ours)) => format!("; did you mean `{ours}`?"),
        None => did_you_mean(&written, names()),
    };
    Err(Error::new(
        name.span(),
        format!("unknown backend `{name}`{hint}; the backends are {}", list(names())),
    ))
}

/// Why a backend cannot run what was measured, if it cannot.
fn unmeasured_on(backend: &Backend, head: &Head, features: Features) -> Option<String> {
    let measured = |name: &str| head.measured.contains_key(name);
    let is_on = |feature: Option<&str>| feature.is_none_or(|feature| features.has(feature));
    if backend.engines.iter().any(|engine| measured(engine.name) && is_on(engine.feature)) {
        return None;
    }
    let (name, class) = (backend.name, &head.class);
    if let Some(engine) = backend.engines.iter().find(|engine| measured(engine.name)) {
        let feature = engine.feature.unwrap_or_default();
        return Some(format!(
            "`{name}` runs {class} by the {} engine only, which needs the cargo feature `{feature}` of skillset; \
             turn it on in Cargo.toml: `skillset = {{ features = [\"{feature}\"] }}`",
            engine.name
        ));
    }
    let engines = list(backend.engines.iter().map(|engine| engine.name));
    let on = list(head.measured.keys().map(String::as_str));
    Some(format!(
        "`{name}` runs {class} on {engines}, and it was measured on {on} only: {UNVERIFIED}, or name a backend of {on}"
    ))
}
