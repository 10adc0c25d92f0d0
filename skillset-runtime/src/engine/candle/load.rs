//! From a graph and a checkpoint to a program.

use std::collections::HashMap;
use std::sync::Arc;

use candle_core::{Device, Tensor};

use super::convert;
use super::error::Fault;
use super::kernel::conv::PreparedConv;
use super::kernel::linear::{PreparedLinear, Weight};
use super::op::{self, Context};
use super::pool::Pool;
use super::program::CandleProgram;
use crate::engine::{EngineError, Signature};
use crate::ir::{Activation, Bindings, CheckedGraph, Dim, Node, Op, Value, decompose, pass};
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
}

impl Prepared {
    /// The node's value, given its first input.
    pub(super) fn apply(&self, x: &Tensor) -> Result<Tensor, Fault> {
        match self {
            Self::Linear(linear) => linear.apply(x),
            Self::Conv(conv) => conv.apply(x),
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
    let signature = Signature::from(&*graph);
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
    let liveness = pass::liveness(&graph);
    let Target { engine, device, kernels, .. } = target;
    Ok(CandleProgram {
        engine,
        device,
        kernels,
        pool,
        signature,
        executed: graph,
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
    let keep = |node: &Node| target.kernels || matches!(node.op, Op::CacheAppend);
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
    /// See [`same`].
    same: Vec<Value>,
    /// See [`tables`].
    is_table: Vec<bool>,
    /// By node and orientation: weights that are packed already.
    packed: HashMap<(Value, bool), Weight>,
}

impl<'a> Loader<'a> {
    fn new(target: &'a Target, graph: &'a CheckedGraph, weights: &'a dyn Weights) -> Self {
        let nodes = graph.nodes.len();
        let same = same(graph, weights);
        Self {
            target,
            graph,
            weights,
            constants: vec![None; nodes],
            settled: vec![false; nodes],
            prepared: (0..nodes).map(|_| None).collect(),
            readers: graph.use_counts(),
            is_table: tables(graph, &same),
            same,
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
            Op::Linear(linear) if self.is_prepared(node) => {
                let weight = self.weight(node.inputs[1], linear.transposed)?;
                let linear = self.linear(weight, node, linear.activation)?;
                self.prepared[value.index()] = Some(Prepared::Linear(linear));
            }
            Op::Conv2d(conv) if conv.groups == 1 && self.is_prepared(node) => {
                let (conv, weight) = (conv.clone(), self.kernels(node.inputs[1])?);
                let [_, _, height, width] = self.sizes(node.inputs[1])?;
                let linear = self.linear(weight, node, None)?;
                let conv = PreparedConv { conv, kernel: [height, width], linear };
                self.prepared[value.index()] = Some(Prepared::Conv(conv));
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
        let first = self.same[value.index()];
        if first != value {
            let tensor = self.tensor(first)?;
            self.constants[value.index()] = Some(tensor.clone());
            return Ok(tensor);
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

    /// Whether a node is prepared for its weight and bias, which must be constant.
    fn is_prepared(&self, node: &Node) -> bool {
        self.target.kernels && node.inputs[1..].iter().all(|input| self.settled[input.index()])
    }

    /// A linear layer with the bias of `node`.
    fn linear(
        &mut self,
        weight: Weight,
        node: &Node,
        activation: Option<Activation>,
    ) -> Result<PreparedLinear, Fault> {
        let bias = match node.inputs.get(2) {
            Some(&bias) => Some(self.tensor(bias)?.contiguous()?),
            None => None,
        };
        Ok(PreparedLinear { weight, bias, activation })
    }

    /// The weight of a linear layer, packed once however many layers share it.
    fn weight(&mut self, value: Value, transposed: bool) -> Result<Weight, Fault> {
        let first = self.same[value.index()];
        if !transposed && self.is_table[first.index()] {
            return Ok(Weight::Table(self.tensor(first)?.contiguous()?));
        }
        if let Some(packed) = self.packed.get(&(first, transposed)) {
            let packed = packed.clone();
            self.done(value);
            return Ok(packed);
        }
        let shape = self.sizes(value)?;
        let packed = self.pack(value, shape, transposed)?;
        self.packed.insert((first, transposed), packed.clone());
        Ok(packed)
    }

    /// The kernels `[o, c, h, w]` of a convolution as the weight `[o, c · h · w]` of a linear layer.
    fn kernels(&mut self, value: Value) -> Result<Weight, Fault> {
        let [out, channels, height, width] = self.sizes(value)?;
        self.pack(value, [out, channels * height * width], false)
    }

    /// Packs a constant seen as a matrix of `shape`; a parameter is packed right from the checkpoint.
    fn pack(&mut self, value: Value, shape: [usize; 2], transposed: bool) -> Result<Weight, Fault> {
        let packed = match (&self.constants[value.index()], &self.graph.node(value).op) {
            (None, Op::Param(index)) => {
                let packed = Weight::pack(&convert::floats(&self.view(*index)?)?, shape, transposed)?;
                self.weights.release(&self.graph.params[*index].name);
                packed
            }
            _ => {
                let values = self.tensor(value)?.flatten_all()?.to_vec1::<f32>()?;
                Weight::pack(&values, shape, transposed)?
            }
        };
        self.done(value);
        Ok(packed)
    }

    /// The sizes of a constant with `N` axes.
    fn sizes<const N: usize>(&self, value: Value) -> Result<[usize; N], Fault> {
        let fact = self.graph.fact(value);
        let sizes: Option<Vec<usize>> = fact.shape.iter().map(Dim::as_size).collect();
        let sizes = sizes.and_then(|sizes| <[usize; N]>::try_from(sizes).ok());
        sizes.ok_or_else(|| Fault::Reason(format!("expected {N} fixed sizes, found {fact}")))
    }
}

/// By node: whether it is a parameter that others than linear layers read, so that it has to be there
/// as it is stored and linear layers had better share it.
fn tables(graph: &CheckedGraph, same: &[Value]) -> Vec<bool> {
    let mut tables = vec![false; graph.nodes.len()];
    let is_param = |value: Value| matches!(graph.node(value).op, Op::Param(_));
    for node in &graph.nodes {
        for (at, input) in node.inputs.iter().enumerate() {
            let weight = at == 1 && matches!(node.op, Op::Linear(_));
            tables[same[input.index()].index()] |= !weight && is_param(*input);
        }
    }
    for result in graph.results() {
        tables[same[result.index()].index()] |= is_param(result);
    }
    tables
}

/// By node: the first node of the same value. Parameters are one if they are one tensor of the
/// checkpoint, as tied weights are.
fn same(graph: &CheckedGraph, weights: &dyn Weights) -> Vec<Value> {
    let mut first = HashMap::new();
    let same = |value: Value| match graph.node(value).op {
        Op::Param(index) => match weights.get(&graph.params[index].name) {
            Some(view) if !view.bytes.is_empty() => {
                let place = (view.bytes.as_ptr(), view.bytes.len(), graph.params[index].shape.clone());
                *first.entry(place).or_insert(value)
            }
            _ => value,
        },
        _ => value,
    };
    graph.values().map(same).collect()
}
