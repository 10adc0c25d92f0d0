//! A graph while it is lowered: nodes and constants written so far, and names.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use prost::Message;

use super::data_type;
use crate::engine::onnx::proto::{AttributeProto, NodeProto, TensorProto};
use crate::ir::{CheckedGraph, DType, Value};

/// The operators that ONNX Runtime has beyond ONNX.
pub(super) const CONTRIB_DOMAIN: &str = "com.microsoft";

/// An ONNX graph under construction.
///
/// A node that was written before is not written again: sizes, masks and positions are lowered wherever
/// they are read and still are computed once.
pub(super) struct Lowering<'g> {
    pub graph: &'g CheckedGraph,
    pub nodes: Vec<NodeProto>,
    pub constants: Vec<TensorProto>,
    /// The checkpoint path of the node that is being lowered.
    pub path: Arc<str>,
    /// IR value → ONNX name.
    values: Vec<Option<String>>,
    names: BTreeSet<String>,
    /// Encoded node without names → the name of its result.
    known: HashMap<Vec<u8>, String>,
    /// Encoded constant without its name → its name.
    known_constants: HashMap<Vec<u8>, String>,
    /// Symbol → what has its value.
    symbols: BTreeMap<String, SymbolSource>,
}

/// What has the value of a symbol.
#[derive(Clone, Debug)]
pub(super) enum SymbolSource {
    /// An input with the symbol as the size of an axis.
    Axis(String, usize),
    /// An input whose one element it is.
    Element(String),
}

impl<'g> Lowering<'g> {
    /// A state of which `in_place` is true has its sizes for the longest run, so they are no symbols' values.
    pub fn new(graph: &'g CheckedGraph, in_place: &[bool]) -> Self {
        let inputs = graph.inputs.iter().map(|input| (&input.name, &input.fact));
        let states = graph.states.iter().zip(in_place).filter(|(_, in_place)| !**in_place);
        let states = states.map(|(state, _)| (&state.name, &state.fact));
        let mut symbols = BTreeMap::new();
        for (name, fact) in inputs.chain(states) {
            for (axis, dim) in fact.shape.iter().enumerate() {
                if let Some(symbol) = dim.as_symbol() {
                    let source = || SymbolSource::Axis(name.clone(), axis);
                    symbols.entry(symbol.to_owned()).or_insert_with(source);
                }
            }
        }
        Self {
            graph,
            nodes: vec![],
            constants: vec![],
            path: "".into(),
            values: vec![None; graph.nodes.len()],
            names: BTreeSet::new(),
            known: HashMap::new(),
            known_constants: HashMap::new(),
            symbols,
        }
    }

    /// The ONNX name of an IR value.
    pub fn get(&self, value: Value) -> String {
        self.values[value.index()].clone().expect("nodes are lowered in order")
    }

    pub fn set(&mut self, value: Value, name: String) {
        self.values[value.index()] = Some(name);
    }

    /// What has the value of a symbol.
    pub fn symbol(&self, name: &str) -> Option<SymbolSource> {
        self.symbols.get(name).cloned()
    }

    /// Lets the input `input`, of one element, be the value of a symbol.
    pub fn set_symbol(&mut self, name: &str, input: &str) {
        self.symbols.insert(name.to_owned(), SymbolSource::Element(input.to_owned()));
    }

    /// Takes `name` for an input, an output or a parameter; whether it was free.
    pub fn reserve(&mut self, name: &str) -> bool {
        self.names.insert(name.to_owned())
    }

    /// A free name that shows where in the model it is.
    pub(super) fn fresh(&mut self, what: &str) -> String {
        let base = format!("{}/{what}", self.path);
        let mut name = base.clone();
        let mut count = 1;
        while !self.names.insert(name.clone()) {
            name = format!("{base}_{count}");
            count += 1;
        }
        name
    }

    /// The result of an operator without attributes.
    pub fn op(&mut self, op: &str, inputs: &[&str]) -> String {
        self.node(op, inputs, vec![])
    }

    /// The result of an operator.
    pub fn node(&mut self, op: &str, inputs: &[&str], attribute: Vec<AttributeProto>) -> String {
        self.last_result(op, inputs, attribute, 0)
    }

    /// The last result of an operator, behind `unused` ones that are left out.
    pub fn last_result(
        &mut self,
        op: &str,
        inputs: &[&str],
        attribute: Vec<AttributeProto>,
        unused: usize,
    ) -> String {
        let input = inputs.iter().map(|&input| input.to_owned()).collect();
        let node = NodeProto { input, op_type: Some(op.into()), attribute, ..NodeProto::default() };
        let key = node.encode_to_vec();
        if let Some(name) = self.known.get(&key) {
            return name.clone();
        }
        let name = self.fresh(op);
        self.known.insert(key, name.clone());
        let mut output: Vec<String> = (0..unused).map(|_| self.fresh("unused")).collect();
        output.push(name.clone());
        self.nodes.push(NodeProto { output, name: Some(name.clone()), ..node });
        name
    }

    /// An operator of ONNX Runtime's own set with one result that has no name yet, which is returned, and
    /// further ones that are called `results`.
    pub fn contrib(
        &mut self,
        op: &str,
        inputs: &[&str],
        attribute: Vec<AttributeProto>,
        results: &[&str],
    ) -> String {
        let name = self.fresh(op);
        let output = std::iter::once(name.as_str()).chain(results.iter().copied());
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: output.map(str::to_owned).collect(),
            name: Some(name.clone()),
            op_type: Some(op.into()),
            attribute,
            domain: Some(CONTRIB_DOMAIN.into()),
        });
        name
    }

    /// Lets `value` be known as `name` too.
    pub fn pass_on(&mut self, value: &str, name: &str) {
        self.nodes.push(NodeProto {
            input: vec![value.to_owned()],
            output: vec![name.to_owned()],
            name: Some(name.to_owned()),
            op_type: Some("Identity".into()),
            ..NodeProto::default()
        });
    }

    /// A constant tensor inside of the model file.
    pub fn constant(&mut self, dtype: DType, shape: &[usize], raw_data: Vec<u8>) -> String {
        let dims = shape.iter().map(|&size| size as i64).collect();
        let tensor = TensorProto {
            dims,
            data_type: Some(data_type(dtype)),
            raw_data: Some(raw_data),
            ..TensorProto::default()
        };
        let key = tensor.encode_to_vec();
        if let Some(name) = self.known_constants.get(&key) {
            return name.clone();
        }
        let name = self.fresh("Constant");
        self.known_constants.insert(key, name.clone());
        self.constants.push(TensorProto { name: Some(name.clone()), ..tensor });
        name
    }

    /// Floats of the graph's float type.
    pub fn floats(&mut self, shape: &[usize], values: impl IntoIterator<Item = f32>) -> String {
        let float = self.graph.float;
        let bytes = values.into_iter().flat_map(|value| float_bytes(float, value)).collect();
        self.constant(float, shape, bytes)
    }

    /// A float scalar.
    pub fn scalar(&mut self, value: f64) -> String {
        self.floats(&[], [value as f32])
    }

    /// A vector of integers.
    pub fn ints(&mut self, values: &[i64]) -> String {
        self.constant(DType::I64, &[values.len()], int_bytes(values))
    }

    /// Gives values other names, wherever they are made and read.
    pub fn rename(&mut self, renamed: &BTreeMap<String, String>) {
        for node in &mut self.nodes {
            for name in node.input.iter_mut().chain(&mut node.output) {
                if let Some(new) = renamed.get(name) {
                    name.clone_from(new);
                }
            }
        }
    }
}

/// The elements of integers.
pub(super) fn int_bytes(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn float_bytes(float: DType, value: f32) -> Vec<u8> {
    match float {
        DType::F16 => half::f16::from_f32(value).to_le_bytes().to_vec(),
        DType::BF16 => half::bf16::from_f32(value).to_le_bytes().to_vec(),
        DType::F32 | DType::I64 | DType::Bool => value.to_le_bytes().to_vec(),
    }
}
