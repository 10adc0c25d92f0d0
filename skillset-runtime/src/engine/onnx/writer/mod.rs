//! The ONNX writer: a checked graph as an ONNX model.
//!
//! The target is opset 21 without any vendor's operators, which is what ONNX Runtime's providers and
//! browsers have in common. Each operation becomes the operator of the same meaning; composites become the
//! patterns that ONNX Runtime's optimiser fuses. Parameters are not copied: initializers point into the
//! checkpoint's own files. Values are named by the checkpoint path of their module, as viewers group them.
//!
//! Types of values in between are left to ONNX's shape inference. With them ONNX Runtime also fuses residual
//! sums into `SkipLayerNormalization`, which on CPUs took BERT 5 to 10 % longer than the parts.

mod activation;
mod arithmetic;
mod attention;
mod cache;
mod dims;
mod layout;
mod lowering;
mod network;
mod parameters;
mod save;
mod scan;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use cache::Caches;
pub use save::Storage;

pub(super) use self::cache::PAST_LENGTH;

use self::lowering::{CONTRIB_DOMAIN, Lowering};
pub(super) use self::parameters::External;
use self::parameters::Parameters;
use super::proto::{
    AttributeProto, GraphProto, ModelProto, OperatorSetIdProto, StringStringEntryProto, TensorShapeProto,
    TensorTypeProto, TypeProto, ValueInfoProto,
};
use crate::ir::{BuildError, CheckedGraph, DType, Dim, Fact, Node, Op, Param, Value, decompose, pass};
use crate::weights::Weights;

/// The version of ONNX's operator set that models are written in.
pub(super) const OPSET: i64 = 21;
/// The file format version that came with that operator set.
pub(super) const IR_VERSION: i64 = 10;

/// What goes into a model beside the graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Entries of `metadata_props`, such as the model type and the task.
    pub metadata: BTreeMap<String, String>,
    /// What runs do with key/value caches.
    pub caches: Caches,
}

/// Why a model could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The checkpoint lacks a parameter.
    #[error("{graph}: the checkpoint has no tensor for {param:?}")]
    MissingWeight {
        /// The graph.
        graph: String,
        /// The parameter.
        param: String,
    },
    /// The checkpoint's tensor is not what the graph takes.
    #[error("{graph}: parameter {param:?}: expected shape {expected:?}, found {found:?} in {bytes} bytes")]
    WeightShape {
        /// The graph.
        graph: String,
        /// The parameter.
        param: String,
        /// Its shape.
        expected: Vec<usize>,
        /// The shape of the stored tensor.
        found: Vec<usize>,
        /// The length of the stored tensor.
        bytes: usize,
    },
    /// A size is needed inside of the graph that no input has on an axis of its own.
    #[error(
        "{graph}: no input or state has {symbol:?} as the size of an axis, so its value cannot be computed"
    )]
    UnknownSymbol {
        /// The graph.
        graph: String,
        /// The symbol.
        symbol: String,
    },
    /// ONNX has one name space, so an input, an output and a parameter cannot share a name.
    #[error("{graph}: {name:?} names two of the inputs, outputs, states and parameters")]
    Name {
        /// The graph.
        graph: String,
        /// The name.
        name: String,
    },
    /// A composite operation could not be decomposed.
    #[error(transparent)]
    Decompose(#[from] BuildError),
    /// A file could not be written, linked or copied.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A model that was lowered; its large parameters are still where the checkpoint has them.
#[derive(Clone, Debug)]
pub struct OnnxModel<'w> {
    /// The model without its external initializers.
    proto: ModelProto,
    externals: Vec<External<'w>>,
    /// For each state of the graph, whether runs write into its memory.
    in_place: Vec<bool>,
    takes_past_length: bool,
}

impl<'w> OnnxModel<'w> {
    /// The initializers that are not in the model itself.
    pub(super) fn externals(&self) -> impl Iterator<Item = &External<'w>> {
        self.externals.iter()
    }

    /// For each state of the graph, whether runs write into its memory, see [`Caches::InPlace`].
    pub(super) fn in_place(&self) -> &[bool] {
        &self.in_place
    }

    /// Whether runs have to be told how many positions came before.
    pub(super) fn takes_past_length(&self) -> bool {
        self.takes_past_length
    }
}

/// Lowers `graph` to ONNX.
///
/// Inputs and outputs keep their names. States become an input and an output each, called by their names
/// before and after the run (`past_key_values.0.key`, `present.0.key`).
///
/// # Errors
/// If a parameter is missing or of another shape, a size cannot be computed, or names clash.
pub fn write_model<'w>(
    graph: &CheckedGraph,
    weights: &'w dyn Weights,
    options: &WriteOptions,
) -> Result<OnnxModel<'w>, WriteError> {
    let keep = |graph: &CheckedGraph, node: &Node| match node.op {
        Op::Rotary(_) | Op::Experts(_) | Op::DeformableAttention(_) => false,
        Op::SelectiveScan => graph.fact(node.inputs[2]).rank() == 2,
        _ => true,
    };
    let graph = decompose(graph.clone(), keep)?;
    let graph = pass::parts(&graph).check().map_err(BuildError::from)?;
    let in_place = match options.caches {
        Caches::Grown => vec![false; graph.states.len()],
        Caches::InPlace => cache::in_place(&graph),
    };
    let mut g = Lowering::new(&graph, &in_place);
    reserve_names(&mut g)?;
    if in_place.contains(&true) {
        g.take_past_length()?;
    }
    let mut parameters = Parameters::default();
    for (value, node) in graph.values().zip(&graph.nodes) {
        g.path = node.path.clone();
        let name = match &node.op {
            Op::Param(index) => parameters.lower(&mut g, &graph.params[*index], weights)?,
            Op::Attention(attention) => match cache::appended(&graph, node, &in_place) {
                Some(caches) => g.cached_attention(attention, &node.inputs, caches)?,
                None => g.attention(attention, &node.inputs)?,
            },
            Op::CacheAppend => match cache::state_of(&graph, value).filter(|&state| in_place[state]) {
                // The attention that reads the cache appends to it and names it so.
                Some(state) => graph.states[state].next_name.clone(),
                None => lower(&mut g, &node.op, &node.inputs, &graph.fact(value).shape)?,
            },
            Op::SelectiveScan => g.selective_scan(&node.inputs)?,
            op => lower(&mut g, op, &node.inputs, &graph.fact(value).shape)?,
        };
        g.set(value, name);
    }
    name_results(&mut g);

    let states = || graph.states.iter().zip(&in_place);
    let state = |name: &str, fact: &Fact, in_place: bool| match in_place {
        true => value_info(name, &cache::for_the_longest_run(fact)),
        false => value_info(name, fact),
    };
    let inputs = graph.inputs.iter().map(|input| value_info(&input.name, &input.fact));
    let takes_past_length = g.takes_past_length();
    let past_length =
        takes_past_length.then(|| value_info(PAST_LENGTH, &Fact::new(DType::I64, [Dim::from(1)])));
    let outputs = graph.outputs.iter().map(|output| value_info(&output.name, graph.fact(output.value)));
    let past = states().map(|(past, &in_place)| state(&past.name, &past.fact, in_place));
    let next = states()
        .filter_map(|(past, &in_place)| Some(state(&past.next_name, graph.fact(past.next?), in_place)));
    let mut opset_import = vec![OperatorSetIdProto { domain: Some(String::new()), version: Some(OPSET) }];
    if in_place.contains(&true) {
        opset_import.push(OperatorSetIdProto { domain: Some(CONTRIB_DOMAIN.into()), version: Some(1) });
    }
    let proto = GraphProto {
        name: Some(graph.name.clone()),
        input: inputs.chain(past_length).chain(past).collect(),
        output: outputs.chain(next).collect(),
        node: g.nodes,
        initializer: g.constants,
    };
    let metadata = options.metadata.iter().map(|(key, value)| StringStringEntryProto::new(key, value));
    let proto = ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: Some("skillset".into()),
        producer_version: Some(env!("CARGO_PKG_VERSION").into()),
        graph: Some(proto),
        opset_import,
        metadata_props: metadata.collect(),
    };
    Ok(OnnxModel { proto, externals: parameters.externals, in_place, takes_past_length })
}

/// The name of the value that `op` makes of `inputs`.
fn lower(g: &mut Lowering<'_>, op: &Op, inputs: &[Value], shape: &[Dim]) -> Result<String, WriteError> {
    let names: Vec<String> = inputs.iter().map(|&input| g.get(input)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let before = |index: usize| g.graph.fact(inputs[index]).shape.as_slice();
    let axis = |axis: &usize| vec![AttributeProto::int("axis", *axis as i64)];
    Ok(match op {
        Op::Input(index) => g.graph.inputs[*index].name.clone(),
        Op::State(index) => g.graph.states[*index].name.clone(),
        Op::Param(_) => unreachable!("parameters are lowered with the checkpoint's tensors"),
        Op::Constant(literal) => g.literal(literal),
        Op::Iota { start, len } => g.iota(start, len)?,
        Op::Size(dim) => g.size(dim)?,

        Op::Unary(unary) => g.unary(*unary, names[0]),
        Op::Binary(binary) => g.binary(*binary, names[0], names[1]),
        Op::Compare(compare) => g.compare(*compare, names[0], names[1]),
        Op::Select => g.op("Where", &names),
        Op::Cast(dtype) => g.cast(*dtype, names[0]),
        Op::Reduce { kind, axes } => g.reduce(*kind, axes, names[0]),
        Op::ArgMax { axis } => {
            let attributes = [("axis", *axis as i64), ("keepdims", 0)];
            g.node("ArgMax", &names, attributes.map(|(name, value)| AttributeProto::int(name, value)).into())
        }
        Op::TopK { count } => g.top_k(*count, names[0]),
        Op::Softmax { axis: along } => g.node("Softmax", &names, axis(along)),
        Op::CumSum { axis } => {
            let axis = g.size(&(*axis).into())?;
            g.op("CumSum", &[names[0], &axis])
        }

        Op::Reshape(to) => g.reshape(names[0], before(0), to)?,
        Op::Transpose(order) => g.transpose(names[0], order),
        Op::Expand(to) => g.expand(names[0], before(0), to)?,
        Op::Concat { axis: along } => g.node("Concat", &names, axis(along)),
        Op::CacheAppend => g.node("Concat", &names, axis(&2)),
        Op::Slice { axis, start, end } => g.slice(names[0], *axis, [start, end], &before(0)[*axis])?,
        Op::Gather { axis: along } => g.node("Gather", &names, axis(along)),
        Op::GatherElements { axis: along } => g.node("GatherElements", &names, axis(along)),

        Op::MatMul => g.op("MatMul", &names),
        Op::Conv(conv) => g.conv(conv, &names),
        Op::ConvTranspose(conv) => g.conv_transpose(conv, &names),
        Op::MaxPool(pool) => g.max_pool(pool, names[0]),
        Op::GridSample => g.node("GridSample", &names, vec![AttributeProto::string("mode", "linear")]),
        Op::Linear(linear) => g.linear(linear, &names, [before(0), before(1)])?,
        Op::LayerNorm(norm) => g.layer_norm(norm, &names, shape)?,
        Op::RmsNorm(norm) => g.rms_norm(norm, &names, shape),
        Op::BatchNorm(norm) => {
            g.node("BatchNormalization", &names, vec![AttributeProto::float("epsilon", norm.eps)])
        }
        Op::GroupNorm(norm) => g.group_norm(norm, &names, shape)?,
        Op::Attention(_) => unreachable!("attention is lowered with what is known of its caches"),
        Op::Rotary(_) | Op::Experts(_) | Op::DeformableAttention(_) => {
            unreachable!("{op:?} was decomposed")
        }
        Op::SelectiveScan => unreachable!("scans are lowered as loops, or were decomposed"),
    })
}

/// Takes the names that a model's users see, before any node can.
fn reserve_names(g: &mut Lowering<'_>) -> Result<(), WriteError> {
    let graph = g.graph;
    let inputs = graph.inputs.iter().map(|input| &input.name);
    let outputs = graph.outputs.iter().map(|output| &output.name);
    let states = graph.states.iter().flat_map(|state| [&state.name, &state.next_name]);
    let params = graph.params.iter().flat_map(Param::tensors).map(|(name, _)| name);
    for name in inputs.chain(outputs).chain(states).cloned().chain(params) {
        if !g.reserve(&name) {
            return Err(WriteError::Name { graph: graph.name.clone(), name });
        }
    }
    Ok(())
}

/// Gives the results their names: the node that makes a value is renamed; a value that has a name of its own
/// already (an input, a parameter, another output) is passed on.
fn name_results(g: &mut Lowering<'_>) {
    let outputs = g.graph.outputs.iter().map(|output| (output.name.clone(), output.value));
    let states = g.graph.states.iter().filter_map(|state| Some((state.next_name.clone(), state.next?)));
    let results: Vec<(String, Value)> = outputs.chain(states).collect();
    let mut renamed = BTreeMap::new();
    for (name, value) in results {
        let made = g.get(value);
        let free = g.nodes.iter().any(|node| node.output.contains(&made)) && !renamed.contains_key(&made);
        if free {
            renamed.insert(made, name);
        } else {
            g.pass_on(&made, &name);
        }
    }
    g.rename(&renamed);
}

pub(super) fn value_info(name: &str, fact: &Fact) -> ValueInfoProto {
    let dim = fact.shape.iter().map(dims::dimension).collect();
    let tensor_type =
        TensorTypeProto { elem_type: Some(data_type(fact.dtype)), shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto { name: Some(name.to_owned()), r#type: Some(TypeProto { tensor_type: Some(tensor_type) }) }
}

/// `TensorProto.DataType`
fn data_type(dtype: DType) -> i32 {
    match dtype {
        DType::F32 => 1,
        DType::I64 => 7,
        DType::Bool => 9,
        DType::F16 => 10,
        DType::BF16 => 16,
    }
}
