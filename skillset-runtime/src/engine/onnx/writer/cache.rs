//! Key/value caches, and attention that writes into them.

use super::WriteError;
use super::attention::lowest;
use super::lowering::{Lowering, SymbolSource};
use crate::engine::onnx::proto::AttributeProto;
use crate::ir::{Attention, CheckedGraph, Dim, Fact, Node, Op, Value};

/// The input that says how many positions came before, where no size of a state does.
pub(in crate::engine::onnx) const PAST_LENGTH: &str = "past_length";

/// What runs do with key/value caches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Caches {
    /// A run takes a cache and gives a longer one, as all exporters have it. Every provider can do that.
    #[default]
    Grown,
    /// A run writes behind what a cache holds, in memory that has room for the longest run; the model has a
    /// further input `past_length`. Wherever attention allows it, by ONNX Runtime's `GroupQueryAttention`.
    ///
    /// Growing copies the cache at every step. At 500 positions of 12 layers and 768 channels that took 9 ms
    /// a step where this took 2, on two cores with float32.
    InPlace,
}

/// For each state, whether it is a cache that attention can write into.
pub(super) fn in_place(graph: &CheckedGraph) -> Vec<bool> {
    let uses = graph.use_counts();
    let mut in_place = vec![false; graph.states.len()];
    for node in &graph.nodes {
        if let Some(states) = appended(graph, node, &vec![true; graph.states.len()]) {
            // A cache that something else reads too needs the value that only growing makes. The two readers
            // are this attention and the next run; before the run it is read by the append alone.
            let is_own = |cache: &Value| {
                let past = graph.node(*cache).inputs[0];
                uses[cache.index()] == 2 && uses[past.index()] == 1
            };
            if node.inputs[1..3].iter().all(is_own) {
                states.into_iter().for_each(|state| in_place[state] = true);
            }
        }
    }
    in_place
}

/// The states of keys and values that an attention appends to, if both are in place and
/// `GroupQueryAttention` can do what it asks for.
pub(super) fn appended(graph: &CheckedGraph, node: &Node, in_place: &[bool]) -> Option<[usize; 2]> {
    let Op::Attention(attention) = &node.op else { return None };
    let state = |value: Value| state_of(graph, value).filter(|&state| in_place[state]);
    let states = [state(node.inputs[1])?, state(node.inputs[2])?];
    let width = |input: usize| graph.fact(node.inputs[input]).shape[3].as_size();
    let (key, value) = (width(1)?, width(2)?);
    // A scale of zero means the usual one there.
    let can = attention.causal && attention.scale != 0.0 && key == value && key.is_multiple_of(8);
    can.then_some(states)
}

/// The state that `value` is the next one of, where it is a cache with rows appended.
pub(super) fn state_of(graph: &CheckedGraph, value: Value) -> Option<usize> {
    let node = graph.node(value);
    let (Op::CacheAppend, Op::State(state)) = (&node.op, &graph.node(*node.inputs.first()?).op) else {
        return None;
    };
    (graph.states[*state].next == Some(value)).then_some(*state)
}

/// The type of a cache in memory for the longest run.
pub(super) fn for_the_longest_run(fact: &Fact) -> Fact {
    let mut fact = fact.clone();
    fact.shape[2] = Dim::symbol("capacity");
    fact
}

impl Lowering<'_> {
    /// Declares the input that says how many positions came before, where no size of a state does.
    pub fn take_past_length(&mut self) -> Result<(), WriteError> {
        if !self.reserve(PAST_LENGTH) {
            return Err(WriteError::Name { graph: self.graph.name.clone(), name: PAST_LENGTH.into() });
        }
        self.set_symbol("past", PAST_LENGTH);
        Ok(())
    }

    /// Whether the model has that input.
    pub fn takes_past_length(&self) -> bool {
        matches!(self.symbol("past"), Some(SymbolSource::Element(_)))
    }

    /// Attention that writes new keys and values behind those of the states and reads them there.
    pub fn cached_attention(
        &mut self,
        attention: &Attention,
        inputs: &[Value],
        states: [usize; 2],
    ) -> Result<String, WriteError> {
        let graph = self.graph;
        let query_shape = graph.fact(inputs[0]).shape.clone();
        let [batch, heads, queries, _] = &query_shape[..] else { unreachable!("attention has four axes") };
        let (heads, kv_heads) = (heads.as_size(), graph.fact(inputs[1]).shape[1].as_size());
        let (Some(heads), Some(kv_heads)) = (heads, kv_heads) else {
            unreachable!("the numbers of heads are known in a checked graph")
        };
        let keys = graph.fact(inputs[1]).shape[2].clone();

        // What is appended is the second input of the append.
        let added = [inputs[1], inputs[2]].map(|cache| graph.node(cache).inputs[1]);
        let query = self.heads_last(inputs[0])?;
        let [key, value] = [self.heads_last(added[0])?, self.heads_last(added[1])?];
        let [past_key, past_value] = states.map(|state| graph.states[state].name.clone());
        let next = states.map(|state| graph.states[state].next_name.as_str());
        let (lengths, longest) = self.lengths(batch, &keys)?;
        let bias = self.attention_bias(attention, inputs, [queries, &keys])?;

        let inputs = [&query, &key, &value, &past_key, &past_value, &lengths, &longest, "", "", "", &bias];
        let inputs = if bias.is_empty() { &inputs[..7] } else { &inputs[..] };
        let mut attributes = vec![
            AttributeProto::int("num_heads", heads as i64),
            AttributeProto::int("kv_num_heads", kv_heads as i64),
            AttributeProto::float("scale", attention.scale),
        ];
        attributes.extend(attention.softcap.map(|limit| AttributeProto::float("softcap", limit)));
        let context = self.contrib("GroupQueryAttention", inputs, attributes, &next);

        let width = &query_shape[3];
        let merged = [batch.clone(), queries.clone(), width.clone() * Dim::from(heads)];
        let split = [batch.clone(), queries.clone(), heads.into(), width.clone()];
        let context = self.reshape(&context, &merged, &split)?;
        Ok(self.transpose(&context, &[0, 2, 1, 3]))
    }

    /// `[batch, heads, length, width]` as `[batch, length, heads · width]`.
    fn heads_last(&mut self, value: Value) -> Result<String, WriteError> {
        let shape = self.graph.fact(value).shape.clone();
        let [batch, heads, length, width] = &shape[..] else { unreachable!("attention has four axes") };
        let name = self.get(value);
        let turned = self.transpose(&name, &[0, 2, 1, 3]);
        let split = [batch, length, heads, width].map(Clone::clone);
        let merged = [batch.clone(), length.clone(), heads.clone() * width.clone()];
        self.reshape(&turned, &split, &merged)
    }

    /// For each row the last position that is filled, `i32[batch]`; and how many are in the longest, `i32[]`.
    fn lengths(&mut self, batch: &Dim, keys: &Dim) -> Result<(String, String), WriteError> {
        let path = std::mem::replace(&mut self.path, "mask".into());
        let int = |g: &mut Self, name: &str| g.node("Cast", &[name], vec![AttributeProto::int("to", INT32)]);
        let longest = self.dim_scalar(keys)?;
        let longest = int(self, &longest);
        let last = self.dim(&(keys.clone() - Dim::from(1)))?;
        let last = int(self, &last);
        let rows = self.dim(batch)?;
        let lengths = self.op("Expand", &[&last, &rows]);
        self.path = path;
        Ok((lengths, longest))
    }

    /// What is added to scores, `[…, queries, keys]`, beside the causal mask; empty if nothing is.
    fn attention_bias(
        &mut self,
        attention: &Attention,
        inputs: &[Value],
        [queries, keys]: [&Dim; 2],
    ) -> Result<String, WriteError> {
        // The operator is causal by itself, but a window means something else where a mask is not.
        let others = Attention { causal: attention.window.is_some(), ..attention.clone() };
        let mask = self.additive_mask(&others, inputs, [queries, keys])?;
        let bias = attention.bias.then(|| self.get(inputs[3]));
        let sum = match (bias, mask) {
            (Some(bias), Some(mask)) => {
                let sum = self.op("Add", &[&bias, &mask]);
                let lowest = self.scalar(lowest(self.graph.float));
                self.op("Max", &[&sum, &lowest])
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return Ok(String::new()),
        };
        let path = std::mem::replace(&mut self.path, "mask".into());
        let full = self.dims(&[1.into(), 1.into(), queries.clone(), keys.clone()])?;
        let full = self.op("Expand", &[&sum, &full]);
        self.path = path;
        Ok(full)
    }
}

/// `TensorProto.DataType.INT32`
const INT32: i64 = 6;
