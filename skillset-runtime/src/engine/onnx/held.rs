//! The part of a graph that a session runs once: what depends on held inputs alone.

use std::sync::{Mutex, PoisonError};

use ort::memory::MemoryInfo;
use ort::session::{IoBinding, Session};
use ort::value::DynValue;

use super::values::{take_along, to_ort};
use crate::engine::Tensors;
use crate::ir::CheckedGraph;
use crate::ir::pass::row_axis;

/// A session of that part.
#[derive(Debug)]
pub(super) struct HeldPart {
    session: Mutex<Session>,
    inputs: Vec<String>,
    /// What it hands over, with the axis of its rows.
    outputs: Vec<(String, Option<usize>)>,
}

impl HeldPart {
    /// A session of `graph`, the first part of a graph that was split.
    pub(super) fn new(graph: &CheckedGraph, session: Session) -> Self {
        let outputs = graph.outputs.iter().map(|output| (output.name.clone(), row_axis(graph, output.value)));
        Self {
            inputs: graph.inputs.iter().map(|input| input.name.clone()).collect(),
            outputs: outputs.collect(),
            session: Mutex::new(session),
        }
    }

    /// Runs it on inputs that were checked; the results stay in `memory`.
    pub(super) fn run(&self, inputs: &Tensors, memory: &MemoryInfo<'_>) -> ort::Result<Vec<DynValue>> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let mut binding = session.create_binding()?;
        for name in &self.inputs {
            if let Some(tensor) = inputs.get(name) {
                binding.bind_input(name, &to_ort(tensor)?)?;
            }
        }
        for (name, _) in &self.outputs {
            binding.bind_output_to_device(name, memory)?;
        }
        let mut values = session.run_binding(&binding)?;
        let take = |(name, _): &(String, Option<usize>)| {
            values.remove(name).ok_or_else(|| ort::Error::new(format!("there is no output {name:?}")))
        };
        self.outputs.iter().map(take).collect()
    }

    /// Hands `values` to a run of the rest.
    pub(super) fn bind(&self, values: &[DynValue], binding: &mut IoBinding) -> ort::Result<()> {
        let mut named = self.outputs.iter().zip(values);
        named.try_for_each(|((name, _), value)| binding.bind_input(name, value))
    }

    /// Puts row `rows[i]` in the place of row `i`.
    pub(super) fn reorder(&self, values: &mut [DynValue], rows: &[usize]) -> ort::Result<()> {
        for (value, (_, axis)) in values.iter_mut().zip(&self.outputs) {
            if let Some(axis) = axis {
                *value = take_along(value, *axis, rows)?;
            }
        }
        Ok(())
    }
}
