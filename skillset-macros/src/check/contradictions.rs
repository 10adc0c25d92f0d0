//! Arguments that do not go together.

use crate::arguments::Arguments;
use crate::errors::Errors;

/// Records every pair that contradicts itself, on the one that would have no effect.
pub fn check(arguments: &Arguments, errors: &mut Errors) {
    let mut sources = arguments.sources();
    if let Some(first) = sources.next() {
        // The graph of a model type may be one that was exported.
        let pair = |a, b| (a == "model" && b == "onnx") || (a == "onnx" && b == "model");
        for other in sources.filter(|other| *other != first && !pair(first, *other)) {
            let message = format!("`{first}` and `{other}` both say what the skill runs; remove one");
            errors.at(other.span(), message);
        }
    }
    let built_in = arguments.sources().all(|source| source == "model");
    if let (Some(models), false) = (&arguments.models, arguments.was_given("spec")) {
        let message =
            "`models` is where the build script's module of a `spec` is, and there is no `spec`; remove it";
        errors.at(models.name.span(), message);
    }
    if let (Some(allow), false) = (&arguments.allow_unverified, built_in) {
        let message = "`allow_unverified` is for built-in model types, of which this project says what was measured; \
                       remove it";
        errors.at(allow.name.span(), message);
    }
    if let (Some(revision), false) = (&arguments.revision, arguments.was_given("checkpoint")) {
        let message = "`revision` is that of the default checkpoint, and there is none; add `checkpoint = \
                       \"org/name\"`, or call `builder().revision(…)`";
        errors.at(revision.name.span(), message);
    }
    let untested = arguments.tests.as_ref().is_some_and(|tests| !tests.value.value);
    if let (Some(cases), true) = (&arguments.cases, untested) {
        let message = "`cases` are run by the generated tests, which `tests = false` leaves out; remove one";
        errors.at(cases.name.span(), message);
    }
}
