//! The graph as data.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{DType, Dim, Op};

/// A value of a graph: the result of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub(super) u32);

impl Value {
    /// The position of the value's node in [`Graph::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An operation applied to values that stand before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What is computed.
    pub op: Op,
    /// Of which values.
    pub inputs: Vec<Value>,
    /// The checkpoint path of the module that the node belongs to, such as `encoder.layer.0.output`.
    pub path: Arc<str>,
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The element type.
    pub dtype: DType,
    /// Sizes of the axes; empty for a scalar.
    pub shape: Vec<Dim>,
}

impl Fact {
    /// A tensor type.
    pub fn new(dtype: DType, shape: impl Into<Vec<Dim>>) -> Self {
        Self { dtype, shape: shape.into() }
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }
}

impl Fact {
    /// Whether a state of this type may be of the type `next` after a run: only what is counted by `past` grows.
    pub(super) fn can_become(&self, next: &Fact) -> bool {
        let fits = |(before, after): (&Dim, &Dim)| before == after || before.as_symbol() == Some("past");
        self.dtype == next.dtype && self.rank() == next.rank() && self.shape.iter().zip(&next.shape).all(fits)
    }
}

impl std::fmt::Display for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}[", self.dtype)?;
        for (axis, dim) in self.shape.iter().enumerate() {
            write!(f, "{}{dim}", if axis > 0 { ", " } else { "" })?;
        }
        f.write_str("]")
    }
}

/// A tensor that the caller gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The argument's name in the `forward` of the transformers class.
    pub name: String,
    /// Its type.
    pub fact: Fact,
    /// Whether a session is given it with its first step, and keeps what is computed of it alone for all others.
    pub held: bool,
}

/// A tensor of the checkpoint, or several of one shape as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name in the checkpoint; of a stack, with `*` for the number of a tensor.
    pub name: String,
    /// Its sizes; the element type is the graph's float type whatever the file stores.
    pub shape: Vec<usize>,
    /// The name of the tensor that it is tied to, read where the checkpoint has no tensor of its own.
    pub tied_to: Option<String>,
    /// Whether the checkpoint has a tensor for each entry of the first axis, as it does of experts.
    pub stacked: bool,
}

impl Param {
    /// The checkpoint's tensors with their sizes: one, or each entry of a stack.
    pub fn tensors(&self) -> impl Iterator<Item = (String, &[usize])> {
        let (count, shape) = match self.shape.split_first() {
            Some((&count, shape)) if self.stacked => (count, shape),
            _ => (1, &*self.shape),
        };
        let name = |entry: usize| match self.stacked {
            true => self.name.replace('*', &entry.to_string()),
            false => self.name.clone(),
        };
        (0..count).map(move |entry| (name(entry), shape))
    }
}

/// A tensor that a run leaves for the next one: a key/value cache, a recurrent state.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The name of the value before the run, as exported (`past_key_values.0.key`, `past_ssm.0`).
    pub name: String,
    /// The name of the value after the run (`present.0.key`, `present_ssm.0`).
    pub next_name: String,
    /// The type before the run. A fresh session starts with zeros of this type where `past` is 0: an empty cache, or the
    /// first state of a recurrence.
    pub fact: Fact,
    /// The value after the run.
    pub next: Option<Value>,
}

/// A named result.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The field's name in the transformers ModelOutput.
    pub name: String,
    /// The value.
    pub value: Value,
}

/// A tensor program, as built. Engines take it as a [`CheckedGraph`](super::CheckedGraph).
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// What the graph is, for messages: `bert fill-mask`.
    pub name: String,
    /// The type of floating-point values.
    pub float: DType,
    /// The operations, each after its inputs.
    pub nodes: Vec<Node>,
    /// What the caller gives.
    pub inputs: Vec<Input>,
    /// What the checkpoint gives.
    pub params: Vec<Param>,
    /// What the earlier run gives.
    pub states: Vec<State>,
    /// The results.
    pub outputs: Vec<Output>,
}

impl Graph {
    /// The node that makes `value`.
    pub fn node(&self, value: Value) -> &Node {
        &self.nodes[value.index()]
    }

    /// Every value, in order.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = Value> + use<> {
        (0..self.nodes.len() as u32).map(Value)
    }

    /// The values that must survive a run: outputs and next states.
    pub fn results(&self) -> impl Iterator<Item = Value> {
        let states = self.states.iter().filter_map(|state| state.next);
        self.outputs.iter().map(|output| output.value).chain(states)
    }

    /// For each value, how many nodes and results read it.
    pub fn use_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.nodes.len()];
        for value in self.nodes.iter().flat_map(|node| &node.inputs).copied().chain(self.results()) {
            counts[value.index()] += 1;
        }
        counts
    }

    /// The names of all symbols in the types of inputs and states, sorted.
    pub fn symbols(&self) -> Vec<String> {
        let mut names = BTreeSet::new();
        let facts = self.inputs.iter().map(|i| &i.fact).chain(self.states.iter().map(|s| &s.fact));
        for dim in facts.flat_map(|fact| &fact.shape) {
            dim.for_each_symbol(&mut |name| {
                names.insert(name.to_owned());
            });
        }
        names.into_iter().collect()
    }

    /// Appends a node without any check and returns its value; what a pass builds on.
    pub(super) fn push(&mut self, op: Op, inputs: Vec<Value>, path: Arc<str>) -> Value {
        let value = Value(u32::try_from(self.nodes.len()).expect("a graph has fewer than 2³² nodes"));
        self.nodes.push(Node { op, inputs, path });
        value
    }
}
