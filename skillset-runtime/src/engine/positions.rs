//! How many positions a session has come by.

use crate::ir::{Bindings, Fact, State};

/// The positions that `states` (each with its type after a run) have seen after a run with these sizes; `None` if there
/// is no state.
///
/// A cache's own size counts them. A recurrent state is as large as before, so there the run's positions are added.
pub(super) fn positions_after<'a>(
    states: impl Iterator<Item = (&'a State, &'a Fact)>,
    bindings: &Bindings,
) -> Option<usize> {
    let mut after = None;
    for (state, next) in states {
        let positions = match state.fact.shape.iter().position(|dim| dim.as_symbol() == Some("past")) {
            Some(axis) => next.shape[axis].evaluate(bindings),
            None => Some(bindings.get("past")? + bindings.get("sequence")?),
        };
        after = after.max(positions);
    }
    after
}
