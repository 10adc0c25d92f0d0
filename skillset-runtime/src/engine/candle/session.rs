//! Runs that hand their caches on.

use candle_core::Tensor as CandleTensor;

use super::error::Fault;
use super::kernel::memory::Memory;
use super::program::CandleProgram;
use super::state::{Cache, HeldValues, Slot};
use super::{convert, execute};
use crate::engine::positions::positions_after;
use crate::engine::{EngineError, Session, Tensors, bind_step};
use crate::ir::{Bindings, State};

/// A session of the candle engine.
pub(super) struct CandleSession<'p> {
    program: &'p CandleProgram,
    batch: usize,
    capacity: usize,
    past: usize,
    slots: Vec<Slot>,
    /// Nothing before the first step.
    held: Option<HeldValues>,
}

impl<'p> CandleSession<'p> {
    pub(super) fn new(
        program: &'p CandleProgram,
        batch: usize,
        capacity: usize,
    ) -> Result<Self, EngineError> {
        let mut bindings = Bindings::default();
        // A fresh map has no earlier value to clash with.
        let _ = (bindings.bind("batch", batch), bindings.bind("past", 0));
        let slot = |(index, state): (usize, &State)| {
            new_slot(program, index, state, &bindings, capacity)
                .map_err(|fault| program.failed(&format!("state {:?}", state.name), &fault))
        };
        let slots = program.executed.states.iter().enumerate().map(slot).collect::<Result<_, _>>()?;
        Ok(Self { program, batch, capacity, past: 0, slots, held: None })
    }

    /// How many positions the states have seen after a step; an error if they have other rows, or no room.
    fn positions_after(&self, bindings: &Bindings) -> Result<usize, EngineError> {
        let graph = &self.program.executed;
        let refuse = |problem: String| {
            let input = graph.inputs.first().map_or_else(String::new, |input| input.name.clone());
            Err(EngineError::Input { graph: graph.name.clone(), input, problem })
        };
        if let Some(rows) = bindings.get("batch").filter(|&rows| rows != self.batch) {
            return refuse(format!("the session is for {} rows, found {rows}", self.batch));
        }
        let states = graph.states.iter().filter_map(|state| Some((state, graph.fact(state.next?))));
        let after = positions_after(states, bindings).unwrap_or(self.past);
        if after > self.capacity {
            return refuse(format!("the session holds {} positions, found {after}", self.capacity));
        }
        Ok(after)
    }
}

/// A state before the first step.
fn new_slot(
    program: &CandleProgram,
    index: usize,
    state: &State,
    bindings: &Bindings,
    capacity: usize,
) -> Result<Slot, Fault> {
    let dtype = convert::dtype(state.fact.dtype);
    let sizes: Option<Vec<usize>> = state.fact.shape.iter().map(|dim| dim.evaluate(bindings)).collect();
    let sizes = sizes.ok_or_else(|| Fault::Reason("its size depends on more than the batch".into()))?;
    if program.appends.contains(&Some(index))
        && let [batch, heads, _, width] = sizes[..]
    {
        let cache = Cache::new([batch, heads, capacity, width], dtype, &program.device)?;
        return Ok(Slot::Cache(cache));
    }
    Ok(Slot::Value(CandleTensor::zeros(sizes, dtype, &program.device)?))
}

impl Session for CandleSession<'_> {
    fn step(&mut self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        let program = self.program;
        let first = self.held.as_ref().map(|held| &held.bindings);
        let bindings = bind_step(&program.signature, inputs, self.past, first)?;
        let after = self.positions_after(&bindings)?;
        let kept = (self.slots.as_slice(), self.held.as_ref());
        let run = |memory: &Memory| {
            let results = execute::run(program, memory, inputs, &bindings, kept, None)?;
            let outputs = program.outputs(&results)?;
            Ok((results, outputs))
        };
        let (results, outputs) = program.pool.run(|| program.memories.lend(run))?;
        if self.held.is_none() {
            let held = HeldValues::new(program, bindings, &results);
            self.held = Some(held.map_err(|fault| program.failed("held inputs", &fault))?);
        }
        // Only a step that succeeded moves the session on.
        for (state, slot) in program.executed.states.iter().zip(&mut self.slots) {
            let Some(next) = state.next.and_then(|next| results[next.index()].as_ref()) else { continue };
            match slot {
                Slot::Cache(cache) => cache.advance(next.dims()[2]),
                Slot::Value(value) => value.clone_from(next),
            }
        }
        self.past = after;
        Ok(outputs)
    }

    fn reorder(&mut self, rows: &[usize]) -> Result<(), EngineError> {
        if let Some(row) = rows.iter().find(|&&row| row >= self.batch) {
            let fault = Fault::Reason(format!("there is no row {row}, the session has {}", self.batch));
            return Err(self.program.failed("reorder", &fault));
        }
        if rows.iter().copied().eq(0..self.batch) {
            return Ok(());
        }
        let failed = |fault: Fault| self.program.failed("reorder", &fault);
        let indices: Vec<i64> = rows.iter().map(|&row| row as i64).collect();
        let indices = CandleTensor::from_vec(indices, rows.len(), &self.program.device)
            .map_err(|error| failed(error.into()))?;
        let slots: Result<Vec<Slot>, Fault> =
            self.slots.iter().map(|slot| slot.reordered(&indices)).collect();
        self.slots = slots.map_err(failed)?;
        if let Some(held) = &mut self.held {
            held.reorder(&indices).map_err(failed)?;
        }
        self.batch = rows.len();
        Ok(())
    }

    fn past(&self) -> usize {
        self.past
    }
}
