//! A graph in ONNX Runtime, and sessions that keep its state there.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ort::memory::{AllocationDevice, Allocator, AllocatorType, MemoryInfo, MemoryType};
use ort::value::{DynValue, Tensor as OrtTensor};

use super::Provider;
use super::held::HeldPart;
use super::values::{from_ort, take_rows, to_ort};
use super::writer::{OnnxModel, PAST_LENGTH};
use crate::engine::positions::positions_after;
use crate::engine::{EngineError, Program, Session, Signature, Tensors, bind_inputs, bind_step};
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
    /// Whether runs have to be told how many positions came before.
    takes_past_length: bool,
    /// What is computed before the first step of a session.
    held: Option<HeldPart>,
    session: Mutex<ort::session::Session>,
}

/// What a session keeps between runs.
#[derive(Debug)]
struct Memory {
    /// By the program's states.
    states: Vec<DynValue>,
    /// What the held part made; nothing before the first step.
    held: Option<(Bindings, Vec<DynValue>)>,
}

/// A state of the graph.
#[derive(Debug)]
struct Kept {
    state: State,
    /// Its type after a run.
    next: Option<Fact>,
    /// Whether runs write into its memory.
    in_place: bool,
}

impl Program for OnnxProgram {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn run(&self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        let bindings = bind_inputs(&self.signature, inputs, 0)?;
        let states = self.empty_states(&bindings, self.positions_after(&bindings).unwrap_or(0))?;
        let mut memory = Memory { states, held: None };
        self.hold(inputs, bindings, &mut memory)?;
        self.execute(inputs, &mut memory, 0, false).map_err(|error| self.failed(error))
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
        let memory = Memory { states: self.empty_states(&bindings, capacity)?, held: None };
        Ok(Box::new(OnnxSession { program: self, memory, batch, past: 0, capacity }))
    }
}

impl OnnxProgram {
    /// A session of `graph`, or of what `held` leaves of it, which was written as `model`.
    pub(super) fn of_graph(
        engine: String,
        provider: Provider,
        graph: &CheckedGraph,
        model: &OnnxModel<'_>,
        held: Option<HeldPart>,
        session: ort::session::Session,
    ) -> Self {
        let keep = |(state, &in_place): (&State, &bool)| Kept {
            state: state.clone(),
            next: state.next.map(|next| graph.fact(next).clone()),
            in_place,
        };
        let states = graph.states.iter().zip(model.in_place()).map(keep).collect();
        let takes_past_length = model.takes_past_length();
        let (signature, session) = (Signature::from(graph), Mutex::new(session));
        Self { engine, provider, signature, states, takes_past_length, held, session }
    }

    /// A session of a graph that keeps nothing between runs.
    pub(super) fn stateless(
        engine: String,
        provider: Provider,
        signature: Signature,
        session: ort::session::Session,
    ) -> Self {
        let session = Mutex::new(session);
        Self { engine, provider, signature, states: vec![], takes_past_length: false, held: None, session }
    }

    fn failed(&self, reason: impl std::fmt::Display) -> EngineError {
        EngineError::Failed {
            engine: self.engine.clone(),
            graph: self.signature.name.clone(),
            reason: reason.to_string(),
        }
    }

    /// Whether runs write into the memory of any state.
    fn writes_in_place(&self) -> bool {
        self.states.iter().any(|kept| kept.in_place)
    }

    /// A thread that panicked cannot have left ONNX Runtime's session half-changed.
    fn lock(&self) -> MutexGuard<'_, ort::session::Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// States before the first run; those that runs write into have room for `capacity` positions.
    fn empty_states(&self, bindings: &Bindings, capacity: usize) -> Result<Vec<DynValue>, EngineError> {
        let empty = |kept: &Kept| self.empty_state(&kept.state, bindings, kept.in_place.then_some(capacity));
        self.states.iter().map(empty).collect()
    }

    fn empty_state(
        &self,
        state: &State,
        bindings: &Bindings,
        capacity: Option<usize>,
    ) -> Result<DynValue, EngineError> {
        let shape: Option<Vec<usize>> = state.fact.shape.iter().map(|dim| dim.evaluate(bindings)).collect();
        let mut shape = shape
            .ok_or_else(|| self.failed(format!("state {:?} has no known size {}", state.name, state.fact)))?;
        if let Some(capacity) = capacity {
            shape[2] = capacity;
        }
        let memory = OrtTensor::<f32>::new(&Allocator::default(), shape).map(|mut memory| {
            // Nothing reads a cache behind what it holds; a state that is replaced starts with zeros.
            if capacity.is_none() {
                memory.extract_tensor_mut().1.fill(0.0);
            }
            memory.into_dyn()
        });
        memory.map_err(|error| self.failed(error))
    }

    /// The positions that states have seen after a run.
    fn positions_after(&self, bindings: &Bindings) -> Option<usize> {
        let states = self.states.iter().filter_map(|kept| Some((&kept.state, kept.next.as_ref()?)));
        positions_after(states, bindings)
    }

    /// Computes what `memory` holds from the first step on, unless it does already.
    fn hold(&self, inputs: &Tensors, bindings: Bindings, memory: &mut Memory) -> Result<(), EngineError> {
        if memory.held.is_some() {
            return Ok(());
        }
        let run = |part: &HeldPart| part.run(inputs, &state_memory(self.provider)?);
        let values = self.held.as_ref().map_or(Ok(vec![]), run).map_err(|error| self.failed(error))?;
        memory.held = Some((bindings, values));
        Ok(())
    }

    /// Runs on inputs that were checked and `past` positions of states; returns the outputs, and replaces the
    /// states by the next ones if they are wanted.
    ///
    /// States stay in the memory of the provider's device, and are neither copied nor converted.
    fn execute(
        &self,
        inputs: &Tensors,
        Memory { states, held }: &mut Memory,
        past: usize,
        keep_states: bool,
    ) -> ort::Result<Tensors> {
        let mut session = self.lock();
        // A binding remembers the outputs of its last run and would write the next ones over them.
        let mut binding = session.create_binding()?;
        for input in self.signature.inputs.iter().filter(|input| self.held.is_none() || !input.held) {
            if let Some(tensor) = inputs.get(&input.name) {
                binding.bind_input(&input.name, &to_ort(tensor)?)?;
            }
        }
        if let (Some(part), Some((_, values))) = (&self.held, held) {
            part.bind(values, &mut binding)?;
        }
        if self.takes_past_length {
            let past = OrtTensor::from_array(([1usize], vec![past as i64]))?;
            binding.bind_input(PAST_LENGTH, &past)?;
        }
        for (kept, value) in self.states.iter().zip(states.iter()) {
            binding.bind_input(&kept.state.name, value)?;
        }
        let host = MemoryInfo::default();
        for output in &self.signature.outputs {
            binding.bind_output_to_device(output, &host)?;
        }
        let device = state_memory(self.provider)?;
        for (Kept { state, in_place, .. }, value) in self.states.iter().zip(states.iter_mut()) {
            if *in_place {
                // One tensor is input and output: the operator sees that and appends to it.
                binding.bind_output(&state.next_name, value)?;
            } else if keep_states {
                binding.bind_output_to_device(&state.next_name, &device)?;
            }
        }

        let mut values = session.run_binding(&binding)?;
        let mut take = |name: &str| {
            values.remove(name).ok_or_else(|| ort::Error::new(format!("there is no output {name:?}")))
        };
        let outputs = self.signature.outputs.iter();
        let outputs = outputs.map(|output| Ok((output.clone(), from_ort(&take(output)?)?)));
        let outputs = outputs.collect::<ort::Result<Tensors>>()?;
        if keep_states {
            let next = self.states.iter().map(|kept| take(&kept.state.next_name));
            let next = next.collect::<ort::Result<Vec<DynValue>>>()?;
            for ((state, next), kept) in states.iter_mut().zip(next).zip(&self.states) {
                if !kept.in_place {
                    *state = next;
                }
            }
        }
        Ok(outputs)
    }
}

/// Where a provider keeps states between runs.
pub(super) fn state_memory(provider: Provider) -> ort::Result<MemoryInfo<'static>> {
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
    memory: Memory,
    batch: usize,
    past: usize,
    capacity: usize,
}

impl Session for OnnxSession<'_> {
    fn step(&mut self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        let program = self.program;
        let first = self.memory.held.as_ref().map(|(first, _)| first);
        let bindings = bind_step(&program.signature, inputs, self.past, first)?;
        let past = program.positions_after(&bindings).unwrap_or(self.past);
        if past > self.capacity {
            return Err(program.failed(format!(
                "the session holds {} positions, {past} would come together; start it with more capacity",
                self.capacity
            )));
        }
        for (kept, value) in program.states.iter().zip(&self.memory.states) {
            let rows = kept.state.fact.shape.first().and_then(|dim| dim.evaluate(&bindings));
            if value.shape().first().copied() != rows.map(|rows| rows as i64) {
                return Err(program.failed(format!(
                    "the session was started for {} rows; the inputs have another number",
                    self.batch
                )));
            }
        }
        if program.writes_in_place() && self.batch > 1 && self.past > 0 && past > self.past + 1 {
            return Err(program.failed(format!(
                "ONNX Runtime adds several positions to a cache for one row only, the session has {}; \
                 step one position at a time",
                self.batch
            )));
        }
        program.hold(inputs, bindings, &mut self.memory)?;
        let outputs = program.execute(inputs, &mut self.memory, self.past, true);
        let outputs = outputs.map_err(|error| program.failed(error))?;
        self.past = past;
        Ok(outputs)
    }

    fn reorder(&mut self, rows: &[usize]) -> Result<(), EngineError> {
        if let Some(row) = rows.iter().find(|&&row| row >= self.batch) {
            return Err(self.program.failed(format!("there is no row {row} among {}", self.batch)));
        }
        if rows.iter().copied().eq(0..self.batch) {
            return Ok(());
        }
        let program = self.program;
        let states = self.memory.states.iter().zip(&program.states);
        let reordered =
            states.map(|(state, kept)| take_rows(state, rows, kept.in_place.then_some(self.past)));
        let states = reordered.collect::<ort::Result<_>>().map_err(|error| program.failed(error))?;
        if let (Some(part), Some((_, values))) = (&program.held, &mut self.memory.held) {
            part.reorder(values, rows).map_err(|error| program.failed(error))?;
        }
        self.memory.states = states;
        self.batch = rows.len();
        Ok(())
    }

    fn past(&self) -> usize {
        self.past
    }
}
