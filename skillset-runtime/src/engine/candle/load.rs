//! From a graph and a checkpoint to a program.

use std::collections::HashMap;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use rayon::ThreadPool;

use super::convert;
use super::error::Fault;
use super::kernel::linear::{Packed, PackedLinear, Stored};
use super::op::{self, Context};
use super::program::CandleProgram;
use crate::engine::EngineError;
use crate::ir::{Bindings, CheckedGraph, Dim, Linear, Node, Op, Value, decompose, pass};
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
    Linear(PackedLinear),
}

impl Prepared {
    /// The node's value, given its first input.
    pub(super) fn apply(&self, x: &Tensor) -> Result<Tensor, Fault> {
        match self {
            Self::Linear(linear) => linear.apply(x),
        }
    }
}

/// Prepares `graph` for `target`.
pub(super) fn load(
    target: Target,
    pool: Option<Arc<ThreadPool>>,
    given: CheckedGraph,
    weights: &dyn Weights,
) -> Result<CandleProgram, EngineError> {
    let failed = |reason: String| EngineError::Failed {
        engine: target.engine.clone(),
        graph: given.name.clone(),
        reason,
    };
    let graph = lower(&target, given.clone()).map_err(failed)?;
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
    let liveness = pass::liveness(&graph);
    let Target { engine, device, kernels, .. } = target;
    Ok(CandleProgram {
        engine,
        device,
        kernels,
        pool,
        given,
        graph,
        liveness,
        constants,
        settled,
        prepared,
        appends,
    })
}

/// Rewrites the graph into what the target runs best.
fn lower(target: &Target, graph: CheckedGraph) -> Result<CheckedGraph, String> {
    let check = |graph: crate::ir::Graph| graph.check().map_err(|error| error.to_string());
    let graph = if target.passes { check(pass::fuse(pass::merge(graph.into_graph())))? } else { graph };
    // Appending to a cache is the one composite that every device can do in place.
    let keep = |node: &Node| match node.op {
        Op::CacheAppend => true,
        Op::Attention(_) | Op::Rotary(_) => false,
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

/// Computes what no run can change, in the order of the graph.
struct Loader<'a> {
    target: &'a Target,
    graph: &'a CheckedGraph,
    weights: &'a dyn Weights,
    constants: Vec<Option<Tensor>>,
    settled: Vec<bool>,
    prepared: Vec<Option<Prepared>>,
    /// By node: how many nodes have yet to read its value in tensor form, at load or in runs.
    readers: Vec<usize>,
    /// By node and orientation: weights that are packed already.
    packed: HashMap<(Value, bool), Arc<Packed>>,
}

impl<'a> Loader<'a> {
    fn new(target: &'a Target, graph: &'a CheckedGraph, weights: &'a dyn Weights) -> Self {
        let nodes = graph.nodes.len();
        Self {
            target,
            graph,
            weights,
            constants: vec![None; nodes],
            settled: vec![false; nodes],
            prepared: (0..nodes).map(|_| None).collect(),
            readers: graph.use_counts(),
            packed: HashMap::new(),
        }
    }

    fn visit(&mut self, value: Value) -> Result<(), Fault> {
        let node = self.graph.node(value);
        match &node.op {
            Op::Input(_) | Op::State(_) => {}
            // Read when a node wants it, in the form that it wants.
            Op::Param(_) => self.settled[value.index()] = true,
            op if self.is_constant(node) => {
                let inputs: Vec<Tensor> =
                    node.inputs.iter().map(|&input| self.tensor(input)).collect::<Result<_, _>>()?;
                let inputs: Vec<&Tensor> = inputs.iter().collect();
                let bindings = Bindings::default();
                let context = Context {
                    device: &self.target.device,
                    float: self.graph.float,
                    kernels: self.target.kernels,
                    bindings: &bindings,
                };
                self.constants[value.index()] = Some(op::evaluate(&context, op, &inputs)?);
                self.settled[value.index()] = true;
                node.inputs.iter().for_each(|&input| self.done(input));
            }
            Op::Linear(linear) if self.target.kernels && self.settled[node.inputs[1].index()] => {
                self.prepared[value.index()] = Some(Prepared::Linear(self.linear(linear, node)?));
            }
            _ => {
                for &input in &node.inputs {
                    if self.settled[input.index()] {
                        self.tensor(input)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether a node has the same value in every run.
    fn is_constant(&self, node: &Node) -> bool {
        let fixed = |dim: &Dim| dim.as_constant().is_some();
        let attributes = match &node.op {
            Op::Reshape(shape) | Op::Expand(shape) => shape.iter().all(fixed),
            Op::Slice { start, end, .. } | Op::Iota { start, len: end } => fixed(start) && fixed(end),
            Op::Size(dim) => fixed(dim),
            // Composites are made of primitives where they matter here, and random access to a table
            // at constant places is as good at run time.
            op => !op.is_composite(),
        };
        attributes && node.inputs.iter().all(|input| self.settled[input.index()])
    }

    /// A constant in tensor form.
    fn tensor(&mut self, value: Value) -> Result<Tensor, Fault> {
        if let Some(tensor) = &self.constants[value.index()] {
            return Ok(tensor.clone());
        }
        let Op::Param(index) = self.graph.node(value).op else {
            return Err(Fault::Reason("a constant was dropped before its last reader".into()));
        };
        let param = &self.graph.params[index];
        let view = self.view(index)?;
        let floats = convert::floats(&view)?.into_owned();
        self.weights.release(&param.name);
        let tensor = Tensor::from_vec(floats, param.shape.as_slice(), &self.target.device)?
            .to_dtype(convert::dtype(self.graph.float))?;
        self.constants[value.index()] = Some(tensor.clone());
        Ok(tensor)
    }

    fn view(&self, index: usize) -> Result<crate::weights::WeightView<'a>, Fault> {
        let param = &self.graph.params[index];
        let view = self
            .weights
            .get(&param.name)
            .ok_or_else(|| Fault::Reason(format!("the checkpoint has no tensor {:?}", param.name)))?;
        if view.shape != param.shape {
            return Err(Fault::Reason(format!(
                "{:?} is {:?}, expected {:?}",
                view.name, view.shape, param.shape
            )));
        }
        Ok(view)
    }

    /// Counts one reader of `value` as served; drops the value after the last.
    fn done(&mut self, value: Value) {
        let readers = &mut self.readers[value.index()];
        *readers = readers.saturating_sub(1);
        if *readers == 0 {
            self.constants[value.index()] = None;
        }
    }

    fn linear(&mut self, linear: &Linear, node: &Node) -> Result<PackedLinear, Fault> {
        let weight = self.pack(node.inputs[1], linear.transposed)?;
        let bias = match node.inputs.get(2) {
            Some(&bias) => Some(self.tensor(bias)?.contiguous()?),
            None => None,
        };
        Ok(PackedLinear { weight, bias, activation: linear.activation })
    }

    fn pack(&mut self, weight: Value, transposed: bool) -> Result<Arc<Packed>, Fault> {
        if let Some(packed) = self.packed.get(&(weight, transposed)) {
            let packed = Arc::clone(packed);
            self.done(weight);
            return Ok(packed);
        }
        let packed = match (&self.constants[weight.index()], &self.graph.node(weight).op) {
            (None, Op::Param(index)) => {
                let view = self.view(*index)?;
                let shape = [view.shape[0], view.shape[1]];
                let packed = Packed::new(&convert::floats(&view)?, Stored { shape, transposed })?;
                self.weights.release(&self.graph.params[*index].name);
                packed
            }
            _ => {
                let tensor = self.tensor(weight)?;
                let shape = tensor.dims2()?;
                let values = tensor.flatten_all()?.to_vec1::<f32>()?;
                Packed::new(&values, Stored { shape: [shape.0, shape.1], transposed })?
            }
        };
        let packed = Arc::new(packed);
        self.packed.insert((weight, transposed), Arc::clone(&packed));
        self.done(weight);
        Ok(packed)
    }
}
