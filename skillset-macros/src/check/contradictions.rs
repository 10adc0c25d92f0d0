//! Arguments that do not go together.

use crate::arguments::Arguments;
use crate::errors::Errors;

/// Records every pair that contradicts itself, on the one that would have no effect.
pub fn check(arguments: &Arguments, errors: &mut Errors) {
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
