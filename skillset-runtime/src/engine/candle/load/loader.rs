//! What is computed once, at load.

use std::collections::HashMap;
use std::sync::Arc;

use candle_core::Tensor;

use super::sharing::{same, tables};
use super::{Prepared, Target};
use crate::engine::candle::convert;
use crate::engine::candle::error::Fault;
use crate::engine::candle::kernel::conv::{PreparedConv, PreparedConvTranspose};
use crate::engine::candle::kernel::experts::Expert;
use crate::engine::candle::kernel::linear::{PreparedLinear, Weight};
use crate::engine::candle::kernel::memory::Memory;
use crate::engine::candle::kernel::packed::Packed;
use crate::engine::candle::op::{self, Context};
use crate::ir::{Activation, Bindings, CheckedGraph, Dim, Experts, Node, Op, Param, Value};
use crate::weights::{WeightView, Weights};

/// Computes what no run can change, in the order of the graph.
pub(super) struct Loader<'a> {
    target: &'a Target,
    graph: &'a CheckedGraph,
    weights: &'a dyn Weights,
    /// By node: its value, if no run changes it and something has yet to read it.
    pub(super) constants: Vec<Option<Tensor>>,
    /// By node: whether no run has to compute it.
    pub(super) settled: Vec<bool>,
    /// By node: what was made of its constant inputs.
    pub(super) prepared: Vec<Option<Prepared>>,
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
    pub(super) fn new(target: &'a Target, graph: &'a CheckedGraph, weights: &'a dyn Weights) -> Self {
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

    /// Settles or prepares one node; nodes come in the order of the graph.
    pub(super) fn visit(&mut self, value: Value) -> Result<(), Fault> {
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
                    memory: &Memory::default(),
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
            Op::Experts(experts) if self.is_prepared_from(node, 3) => {
                let experts = self.experts(experts, &node.inputs[3..])?;
                self.prepared[value.index()] = Some(Prepared::Experts(experts));
            }
            Op::Conv(conv) if self.is_prepared(node) => {
                let prepared =
                    self.kernels(node, |weight, shape, bias| PreparedConv::new(conv, weight, shape, bias))?;
                self.prepared[value.index()] = Some(Prepared::Conv(prepared));
            }
            Op::ConvTranspose(conv) if self.is_prepared(node) => {
                let prepared = self.kernels(node, |weight, shape, bias| {
                    PreparedConvTranspose::new(conv, weight, shape, bias)
                })?;
                self.prepared[value.index()] = Some(Prepared::ConvTranspose(prepared));
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
        // Composites are made of primitives where they matter here, and random access to a table
        // at constant places is as good at run time.
        let is_fixed = node.op.dims().iter().all(|dim| dim.as_constant().is_some());
        is_fixed && !node.op.is_composite() && node.inputs.iter().all(|input| self.settled[input.index()])
    }

    /// A constant in tensor form.
    pub(super) fn tensor(&mut self, value: Value) -> Result<Tensor, Fault> {
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
        let mut floats: Vec<f32> = vec![];
        for (name, shape) in param.tensors() {
            // One tensor is taken as it is, several are joined.
            let values = convert::floats(&self.view(&name, shape)?)?;
            if param.stacked {
                floats.extend_from_slice(&values)
            } else {
                floats = values.into_owned()
            }
            self.weights.release(&name);
        }
        let tensor = Tensor::from_vec(floats, param.shape.as_slice(), &self.target.device)?
            .to_dtype(convert::dtype(self.graph.float))?;
        self.constants[value.index()] = Some(tensor.clone());
        Ok(tensor)
    }

    /// The checkpoint's tensor of a parameter.
    fn view(&self, name: &str, shape: &[usize]) -> Result<WeightView<'a>, Fault> {
        let view = self
            .weights
            .get(name)
            .ok_or_else(|| Fault::Reason(format!("the checkpoint has no tensor {name:?}")))?;
        if view.shape != shape {
            return Err(Fault::Reason(format!("{:?} is {:?}, expected {shape:?}", view.name, view.shape)));
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
        self.is_prepared_from(node, 1)
    }

    /// Whether the inputs of a node from `first` on are constant, so that it can be prepared for them.
    fn is_prepared_from(&self, node: &Node, first: usize) -> bool {
        self.target.kernels && node.inputs[first..].iter().all(|input| self.settled[input.index()])
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
        let &[rows, columns] = &shape[..] else {
            return Err(Fault::Reason(format!("expected a matrix, found {shape:?}")));
        };
        let packed = self.read(value, |weight| Packed::new(weight, [rows, columns], transposed))?;
        let packed = Weight::Packed(Arc::new(packed));
        self.packed.insert((first, transposed), packed.clone());
        Ok(packed)
    }

    /// Makes something of the kernels of `node`, their shape, and its bias.
    fn kernels<T>(
        &mut self,
        node: &Node,
        make: impl FnOnce(&[f32], &[usize], Option<Vec<f32>>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let bias = match node.inputs.get(2) {
            Some(&bias) => Some(self.tensor(bias)?.flatten_all()?.to_vec1()?),
            None => None,
        };
        let shape = self.sizes(node.inputs[1])?;
        self.read(node.inputs[1], |weight| make(weight, &shape, bias))
    }

    /// Makes something of the elements of a constant; those of a parameter are read right from the checkpoint.
    fn read<T>(&mut self, value: Value, make: impl FnOnce(&[f32]) -> Result<T, Fault>) -> Result<T, Fault> {
        let made = match self.stored(value) {
            Some(param) if !param.stacked => self.read_stored(&param.name, &param.shape, make)?,
            _ => make(&self.tensor(value)?.flatten_all()?.to_vec1::<f32>()?)?,
        };
        self.done(value);
        Ok(made)
    }

    /// The parameter that `value` is, if its elements are still where the checkpoint has them.
    fn stored(&self, value: Value) -> Option<&'a Param> {
        match (&self.constants[value.index()], &self.graph.node(value).op) {
            (None, Op::Param(index)) => Some(&self.graph.params[*index]),
            _ => None,
        }
    }

    /// Makes something of a tensor of the checkpoint.
    fn read_stored<T>(
        &self,
        name: &str,
        shape: &[usize],
        make: impl FnOnce(&[f32]) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let made = make(&convert::floats(&self.view(name, shape)?)?)?;
        self.weights.release(name);
        Ok(made)
    }

    /// The matrices of experts, packed one by one, those of a stack right from the checkpoint.
    fn matrices(&mut self, value: Value) -> Result<Vec<Weight>, Fault> {
        let shape = self.sizes(value)?;
        let &[_, rows, columns] = &shape[..] else {
            return Err(Fault::Reason(format!("expected matrices of experts, found {shape:?}")));
        };
        let pack = |matrix: &[f32]| {
            let packed = Packed::new(matrix, [rows, columns], false)?;
            Ok(Weight::Packed(Arc::new(packed)))
        };
        if let Some(param) = self.stored(value).filter(|param| param.stacked) {
            let packed = param.tensors().map(|(name, shape)| self.read_stored(&name, shape, pack)).collect();
            self.done(value);
            return packed;
        }
        self.read(value, |weights| weights.chunks_exact(rows * columns).map(pack).collect())
    }

    /// The experts of gates, ups and downs.
    fn experts(&mut self, experts: &Experts, weights: &[Value]) -> Result<Vec<Expert>, Fault> {
        let plain = |weight| PreparedLinear { weight, bias: None, activation: None };
        let gates = self.matrices(weights[0])?;
        let ups = self.matrices(weights[1])?;
        let downs = self.matrices(weights[2])?;
        let expert = |((gate, up), down)| Expert {
            gate: PreparedLinear { activation: Some(experts.activation), ..plain(gate) },
            up: plain(up),
            down: plain(down),
        };
        Ok(gates.into_iter().zip(ups).zip(downs).map(expert).collect())
    }

    /// The sizes of a constant.
    fn sizes(&self, value: Value) -> Result<Vec<usize>, Fault> {
        let fact = self.graph.fact(value);
        let sizes: Option<Vec<usize>> = fact.shape.iter().map(Dim::as_size).collect();
        sizes.ok_or_else(|| Fault::Reason(format!("expected fixed sizes, found {fact}")))
    }
}
