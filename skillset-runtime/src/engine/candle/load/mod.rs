//! From a graph and a checkpoint to a program.

mod loader;
mod sharing;

use std::sync::Arc;

use candle_core::{Device, Tensor};

use self::loader::Loader;
use super::error::Fault;
use super::kernel::conv::{PreparedConv, PreparedConvTranspose};
use super::kernel::experts::{self, Expert};
use super::kernel::linear::PreparedLinear;
use super::kernel::memory::{Memories, Memory};
use super::pool::Pool;
use super::program::CandleProgram;
use crate::engine::{EngineError, Signature};
use crate::ir::{CheckedGraph, Node, Op, Value, decompose, pass};
use crate::weights::Weights;

/// What a program is made for.
pub(super) struct Target {
    pub engine: String,
    pub device: Device,
    pub kernels: bool,
    pub passes: bool,
}

/// What is made of a node's constant inputs at load.
pub(super) enum Prepared {
    Linear(PreparedLinear),
    Conv(PreparedConv),
    ConvTranspose(PreparedConvTranspose),
    Experts(Vec<Expert>),
}

impl Prepared {
    /// How many of the node's inputs are left to the run: the first ones.
    pub(super) fn inputs(&self) -> usize {
        match self {
            Self::Linear(_) | Self::Conv(_) | Self::ConvTranspose(_) => 1,
            Self::Experts(_) => 3,
        }
    }

    /// The node's value, given those inputs.
    pub(super) fn apply(&self, memory: &Memory, inputs: &[&Tensor]) -> Result<Tensor, Fault> {
        match (self, inputs) {
            (Self::Linear(linear), [x]) => linear.apply(memory, x),
            (Self::Conv(conv), [x]) => conv.apply(memory, x),
            (Self::ConvTranspose(conv), [x]) => conv.apply(memory, x),
            (Self::Experts(all), [x, indices, weights]) => experts::apply(memory, all, x, indices, weights),
            _ => Err(Fault::Reason(format!("a prepared node has {} inputs", inputs.len()))),
        }
    }
}

/// Prepares `graph` for `target`.
pub(super) fn load(
    target: Target,
    pool: Arc<Pool>,
    graph: CheckedGraph,
    weights: &dyn Weights,
) -> Result<CandleProgram, EngineError> {
    let signature = Signature::from(&graph);
    let failed = |reason: String| EngineError::Failed {
        engine: target.engine.clone(),
        graph: signature.name.clone(),
        reason,
    };
    let graph = lower(&target, graph).map_err(failed)?;
    let mut loader = Loader::new(&target, &graph, weights);
    for value in graph.values() {
        loader.visit(value).map_err(|fault| {
            let path = &graph.node(value).path;
            failed(format!("{}: {fault}", if path.is_empty() { "the root" } else { path }))
        })?;
    }
    for value in graph.results() {
        if loader.settled[value.index()] {
            loader.tensor(value).map_err(|fault| failed(fault.to_string()))?;
        }
    }
    let Loader { constants, settled, prepared, .. } = loader;
    let appends = graph.values().map(|value| append_of(&graph, value)).collect();
    let held = pass::held(&graph);
    let liveness = pass::liveness(&graph, &held.kept);
    let Target { engine, device, kernels, .. } = target;
    Ok(CandleProgram {
        engine,
        device,
        kernels,
        pool,
        memories: Memories::default(),
        signature,
        executed: graph,
        liveness,
        held,
        constants,
        settled,
        prepared,
        appends,
    })
}

/// Rewrites the graph into what the target runs best.
fn lower(target: &Target, graph: CheckedGraph) -> Result<CheckedGraph, String> {
    let check = |graph: crate::ir::Graph| graph.check().map_err(|error| error.to_string());
    let graph = if target.passes {
        check(pass::fuse(pass::fold(check(pass::merge(graph.into_graph()))?)))?
    } else {
        graph
    };
    let keep = |_: &CheckedGraph, node: &Node| match node.op {
        // What is left of these are a product and a sum.
        Op::BatchNorm(_) => false,
        // Appending to a cache is the one composite that every device can do in place.
        Op::CacheAppend => true,
        _ => target.kernels,
    };
    let graph = decompose(graph, keep).map_err(|error| error.to_string())?;
    if target.passes { check(pass::merge(graph.into_graph())) } else { Ok(graph) }
}

/// The state that `value` appends rows to, if it is that state's next value.
fn append_of(graph: &CheckedGraph, value: Value) -> Option<usize> {
    let node = graph.node(value);
    match (&node.op, graph.node(*node.inputs.first()?).op.clone()) {
        (Op::CacheAppend, Op::State(state)) if graph.states[state].next == Some(value) => Some(state),
        _ => None,
    }
}
