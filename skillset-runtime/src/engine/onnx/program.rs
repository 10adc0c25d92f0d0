//! A graph in ONNX Runtime, and sessions that keep its state there.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ort::memory::{AllocationDevice, Allocator, AllocatorType, MemoryInfo, MemoryType};
use ort::value::{DynValue, Tensor as OrtTensor};

use super::Provider;
use super::values::{from_ort, take_rows, to_ort};
use crate::engine::{EngineError, Program, Session, Signature, Tensors, bind_inputs};
use crate::ir::{Bindings, CheckedGraph, Fact, State};

/// A loaded graph.
///
/// ONNX Runtime's session is not shared by threads that run at the same time: its bindings warn of providers
/// that are not safe then. Threads take turns; each run uses all of the session's threads anyway.
#[derive(Debug)]
pub(super) struct OnnxProgram {
    engine: String,
    provider: Provider,
    signature: Signature,
    states: Vec<Kept>,
    session: Mutex<ort::session::Session>,
}

/// A state, and its type after a run.
#[derive(Debug)]
struct Kept {
    state: State,
    next: Option<Fact>,
}

impl Program for OnnxProgram {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn run(&self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        let bindings = bind_inputs(&self.signature, inputs, 0)?;
        let states = self.empty_states(&bindings)?;
        let (outputs, _) = self.execute(inputs, &states, false).map_err(|error| self.failed(error))?;
        Ok(outputs)
    }

    fn session(&self, batch: usize, capacity: usize) -> Result<Box<dyn Session + '_>, EngineError> {
        let mut bindings = Bindings::default();
        for dim in self.states.iter().flat_map(|kept| &kept.state.fact.shape) {
            dim.for_each_symbol(&mut |symbol| {
                // A state has the rows of the batch, by whatever name, and no positions yet.
                let size = if symbol == "past" { 0 } else { batch };
                bindings.bind(symbol, size).expect("a symbol has one size here");
            });
        }
        let states = self.empty_states(&bindings)?;
        Ok(Box::new(OnnxSession { program: self, states, batch, past: 0, capacity }))
    }
}

impl OnnxProgram {
    /// A session of `graph`.
    pub(super) fn of_graph(
        engine: String,
        provider: Provider,
        graph: &CheckedGraph,
        session: ort::session::Session,
    ) -> Self {
        let keep = |state: &State| Kept {
            state: state.clone(),
            next: state.next.map(|next| graph.fact(next).clone()),
        };
        let states = graph.states.iter().map(keep).collect();
        Self { engine, provider, signature: Signature::from(&**graph), states, session: Mutex::new(session) }
    }

    /// A session of a graph that keeps nothing between runs.
    pub(super) fn stateless(
        engine: String,
        provider: Provider,
        signature: Signature,
        session: ort::session::Session,
    ) -> Self {
        Self { engine, provider, signature, states: vec![], session: Mutex::new(session) }
    }

    fn failed(&self, reason: impl std::fmt::Display) -> EngineError {
        EngineError::Failed {
            engine: self.engine.clone(),
            graph: self.signature.name.clone(),
            reason: reason.to_string(),
        }
    }

    /// A thread that panicked cannot have left ONNX Runtime's session half-changed.
    fn lock(&self) -> MutexGuard<'_, ort::session::Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn empty_states(&self, bindings: &Bindings) -> Result<Vec<DynValue>, EngineError> {
        self.states.iter().map(|kept| self.empty_state(&kept.state, bindings)).collect()
    }

    fn empty_state(&self, state: &State, bindings: &Bindings) -> Result<DynValue, EngineError> {
        let shape: Option<Vec<usize>> = state.fact.shape.iter().map(|dim| dim.evaluate(bindings)).collect();
        let shape = shape
            .ok_or_else(|| self.failed(format!("state {:?} has no known size {}", state.name, state.fact)))?;
        let zeros = OrtTensor::<f32>::new(&Allocator::default(), shape);
        zeros.map(OrtTensor::into_dyn).map_err(|error| self.failed(error))
    }

    /// Runs on inputs that were checked; returns the outputs, and the next states if they are wanted.
    ///
    /// States stay in the memory of the provider's device, and are neither copied nor converted.
    fn execute(
        &self,
        inputs: &Tensors,
        states: &[DynValue],
        keep_states: bool,
    ) -> ort::Result<(Tensors, Vec<DynValue>)> {
        let mut session = self.lock();
        // A binding remembers the outputs of its last run and would write the next ones over them.
        let mut binding = session.create_binding()?;
        for (name, tensor) in inputs {
            binding.bind_input(name, &to_ort(tensor)?)?;
        }
        for (kept, value) in self.states.iter().zip(states) {
            binding.bind_input(&kept.state.name, value)?;
        }
        let host = MemoryInfo::default();
        for output in &self.signature.outputs {
            binding.bind_output_to_device(output, &host)?;
        }
        let kept = if keep_states { &self.states[..] } else { &[] };
        let device = state_memory(self.provider)?;
        for Kept { state, .. } in kept {
            binding.bind_output_to_device(&state.next_name, &device)?;
        }

        let mut values = session.run_binding(&binding)?;
        let mut take = |name: &str| {
            values.remove(name).ok_or_else(|| ort::Error::new(format!("there is no output {name:?}")))
        };
        let outputs = self.signature.outputs.iter();
        let outputs = outputs.map(|output| Ok((output.clone(), from_ort(&take(output)?)?)));
        let outputs = outputs.collect::<ort::Result<Tensors>>()?;
        let next = kept.iter().map(|kept| take(&kept.state.next_name)).collect::<ort::Result<_>>()?;
        Ok((outputs, next))
    }
}

/// Where a provider keeps states between runs.
fn state_memory(provider: Provider) -> ort::Result<MemoryInfo<'static>> {
    match provider {
        Provider::Cuda | Provider::TensorRt => {
            MemoryInfo::new(AllocationDevice::CUDA, 0, AllocatorType::Device, MemoryType::Default)
        }
        Provider::Cpu | Provider::OpenVino | Provider::MiGraphX | Provider::CoreMl | Provider::WebGpu => {
            Ok(MemoryInfo::default())
        }
    }
}

/// A run of steps.
#[derive(Debug)]
struct OnnxSession<'p> {
    program: &'p OnnxProgram,
    states: Vec<DynValue>,
    batch: usize,
    past: usize,
    capacity: usize,
}

impl Session for OnnxSession<'_> {
    fn step(&mut self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        let program = self.program;
        let bindings = bind_inputs(&program.signature, inputs, self.past)?;
        let past = self.next_past(&bindings);
        if past > self.capacity {
            return Err(program.failed(format!(
                "the session holds {} positions, {past} would come together; start it with more capacity",
                self.capacity
            )));
        }
        for (kept, value) in program.states.iter().zip(&self.states) {
            let wanted =
                kept.state.fact.shape.iter().map(|dim| dim.evaluate(&bindings).map(|size| size as i64));
            let held: Vec<Option<i64>> = value.shape().iter().map(|&size| Some(size)).collect();
            if held != wanted.collect::<Vec<_>>() {
                return Err(program.failed(format!(
                    "the session was started for {} rows; the inputs have another number",
                    self.batch
                )));
            }
        }
        let (outputs, states) =
            program.execute(inputs, &self.states, true).map_err(|error| program.failed(error))?;
        (self.states, self.past) = (states, past);
        Ok(outputs)
    }

    fn reorder(&mut self, rows: &[usize]) -> Result<(), EngineError> {
        if let Some(row) = rows.iter().find(|&&row| row >= self.batch) {
            return Err(self.program.failed(format!("there is no row {row} among {}", self.batch)));
        }
        let reordered = self.states.iter().map(|state| take_rows(state, rows));
        self.states = reordered.collect::<ort::Result<_>>().map_err(|error| self.program.failed(error))?;
        self.batch = rows.len();
        Ok(())
    }

    fn past(&self) -> usize {
        self.past
    }
}

impl OnnxSession<'_> {
    /// The positions held after a step: the next size of the axis that is `past` long now.
    fn next_past(&self, bindings: &Bindings) -> usize {
        let sizes = self.program.states.iter().filter_map(|kept| {
            let axis = kept.state.fact.shape.iter().position(|dim| dim.as_symbol() == Some("past"))?;
            kept.next.as_ref()?.shape[axis].evaluate(bindings)
        });
        sizes.max().unwrap_or(self.past)
    }
}
