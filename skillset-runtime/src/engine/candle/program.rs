//! A loaded graph.

use std::sync::Arc;

use candle_core::{Device, Tensor as CandleTensor};

use super::error::Fault;
use super::kernel::memory::{Memories, Memory};
use super::load::Prepared;
use super::pool::Pool;
use super::session::CandleSession;
use super::state::Slot;
use super::{convert, execute};
use crate::engine::{EngineError, Program, Session, Signature, Tensors, bind_inputs};
use crate::ir::pass::{Held, Liveness};
use crate::ir::{Bindings, CheckedGraph, Value};
use crate::tensor::Tensor;

/// A graph that the candle engine has prepared.
pub struct CandleProgram {
    pub(super) engine: String,
    pub(super) device: Device,
    pub(super) kernels: bool,
    pub(super) pool: Arc<Pool>,
    pub(super) memories: Memories,
    /// What the given graph takes and gives.
    pub(super) signature: Signature,
    /// As run.
    pub(super) executed: CheckedGraph,
    pub(super) liveness: Liveness,
    /// What a session computes in its first step only.
    pub(super) held: Held,
    /// By node: its value, if no run changes it and runs read it.
    pub(super) constants: Vec<Option<CandleTensor>>,
    /// By node: whether `constants` or `prepared` of others make it unnecessary in runs.
    pub(super) settled: Vec<bool>,
    /// By node: what was made of its constant inputs.
    pub(super) prepared: Vec<Option<Prepared>>,
    /// By node: the state that it appends to, if it is a cache's append.
    pub(super) appends: Vec<Option<usize>>,
}

impl CandleProgram {
    /// The graph that runs: the given one after passes and decomposition.
    pub fn executed(&self) -> &CheckedGraph {
        &self.executed
    }

    /// Runs like [`Program::run`] and shows every value that is computed, in order, with its node's
    /// position in [`executed`](CandleProgram::executed).
    ///
    /// On a CPU with [`CandleOptions::passes`](super::CandleOptions) off and kernels on, those are
    /// the values of the given graph.
    ///
    /// # Errors
    /// As [`Program::run`].
    pub fn trace(
        &self,
        inputs: &Tensors,
        visit: &mut (dyn FnMut(Value, Tensor) + Send),
    ) -> Result<Tensors, EngineError> {
        self.run_fresh(inputs, Some(visit))
    }

    fn run_fresh(
        &self,
        inputs: &Tensors,
        visit: Option<&mut (dyn FnMut(Value, Tensor) + Send)>,
    ) -> Result<Tensors, EngineError> {
        let bindings = bind_inputs(&self.signature, inputs, 0)?;
        let run = |memory: &Memory| {
            let states = self.fresh_states(&bindings)?;
            let results = execute::run(self, memory, inputs, &bindings, (&states, None), visit)?;
            let outputs = self.outputs(&results)?;
            results.iter().flatten().for_each(|result| memory.release(result));
            Ok(outputs)
        };
        self.pool.run(|| self.memories.lend(run))
    }

    /// The states of a run without a past.
    fn fresh_states(&self, bindings: &Bindings) -> Result<Vec<Slot>, EngineError> {
        let empty = |state: &crate::ir::State| {
            let sizes: Option<Vec<usize>> =
                state.fact.shape.iter().map(|dim| dim.evaluate(bindings)).collect();
            let sizes = sizes.ok_or_else(|| Fault::Reason("its size is not known".into()))?;
            let zeros = CandleTensor::zeros(sizes, convert::dtype(state.fact.dtype), &self.device)?;
            Ok(Slot::Value(zeros))
        };
        let named = |state: &crate::ir::State| {
            empty(state).map_err(|fault: Fault| self.failed(&format!("state {:?}", state.name), &fault))
        };
        self.executed.states.iter().map(named).collect()
    }

    /// The outputs of a run on the host.
    pub(super) fn outputs(&self, results: &[Option<CandleTensor>]) -> Result<Tensors, EngineError> {
        let output = |output: &crate::ir::Output| {
            let value = results[output.value.index()].as_ref();
            let host = match value {
                Some(value) => convert::to_host(value),
                None => Err(Fault::Reason("it was not computed".into())),
            };
            host.map(|host| (output.name.clone(), host))
                .map_err(|fault| self.failed(&format!("output {:?}", output.name), &fault))
        };
        self.executed.outputs.iter().map(output).collect()
    }

    /// An error of this program.
    pub(super) fn failed(&self, at: &str, fault: &Fault) -> EngineError {
        EngineError::Failed {
            engine: self.engine.clone(),
            graph: self.signature.name.clone(),
            reason: format!("{at}: {fault}"),
        }
    }
}

impl std::fmt::Debug for CandleProgram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CandleProgram")
            .field("engine", &self.engine)
            .field("graph", &self.signature.name)
            .finish()
    }
}

impl Program for CandleProgram {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn run(&self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        self.run_fresh(inputs, None)
    }

    fn session(&self, batch: usize, capacity: usize) -> Result<Box<dyn Session + '_>, EngineError> {
        Ok(Box::new(CandleSession::new(self, batch, capacity)?))
    }
}
