//! Which nodes are worth drawing, and from which of them each value comes.

use std::collections::BTreeMap;

use crate::ir::{Binary, CheckedGraph, Op, Unary, Value};

/// Where a drawn arrow begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// A drawn node.
    Node(Value),
    /// The input of that index.
    Input(usize),
}

/// The sources of a value; false for those that reach it only through arithmetic that is not drawn, such as a mask.
type Sources = BTreeMap<Source, bool>;

/// What a look at every node gives.
pub(super) struct Trace {
    /// Drawn nodes in order.
    pub shown: Vec<Value>,
    sources: Vec<Sources>,
    /// Values that are made of parameters and literals alone.
    is_weight: Vec<bool>,
}

impl Trace {
    pub(super) fn new(graph: &CheckedGraph) -> Self {
        let mut trace = Self { shown: vec![], sources: vec![], is_weight: vec![] };
        for value in graph.values() {
            let op = &graph.node(value).op;
            let inputs = &graph.node(value).inputs;
            let is_known = |input: &Value| {
                trace.is_weight[input.index()] || matches!(graph.node(*input).op, Op::Constant(_))
            };
            let reads_weight = inputs.iter().any(|input| trace.is_weight[input.index()]);
            let is_weight = matches!(op, Op::Param(_)) || (reads_weight && inputs.iter().all(is_known));
            let sources = match op {
                Op::Input(index) => Sources::from([(Source::Input(*index), true)]),
                _ if !is_weight && trace.is_worth_drawing(op, inputs, reads_weight) => {
                    trace.shown.push(value);
                    Sources::from([(Source::Node(value), true)])
                }
                _ => trace.sources_of(inputs, is_plumbing(op)),
            };
            trace.sources.push(sources);
            trace.is_weight.push(is_weight);
        }
        trace
    }

    /// Where `value` comes from; itself if it is drawn.
    pub(super) fn sources(&self, value: Value) -> &Sources {
        &self.sources[value.index()]
    }

    /// Where the inputs of a drawn node come from.
    pub(super) fn sources_of(&self, inputs: &[Value], is_direct: bool) -> Sources {
        let mut sources = Sources::new();
        for (&source, &direct) in inputs.iter().flat_map(|input| &self.sources[input.index()]) {
            *sources.entry(source).or_default() |= direct && (is_direct || matches!(source, Source::Node(_)));
        }
        sources
    }

    pub(super) fn is_weight(&self, value: Value) -> bool {
        self.is_weight[value.index()]
    }

    /// What learns, what is not linear, and where paths meet.
    fn is_worth_drawing(&self, op: &Op, inputs: &[Value], reads_weight: bool) -> bool {
        let is_feature = |value: &Value| {
            let mut sources = self.sources[value.index()].iter();
            sources.any(|(source, &direct)| direct || matches!(source, Source::Node(_)))
        };
        let features = inputs.iter().filter(|value| is_feature(value)).count();
        match op {
            Op::CacheAppend => false,
            op if op.is_composite() => true,
            op if reads_weight && !is_plumbing(op) => true,
            Op::Unary(Unary::Activation(_)) | Op::Softmax { .. } | Op::Reduce { .. } => features > 0,
            Op::Binary(Binary::Add | Binary::Sub | Binary::Mul | Binary::Div) => features > 1,
            Op::MatMul | Op::Concat { .. } => features > 1,
            _ => false,
        }
    }
}

/// Whether the operation only moves elements.
fn is_plumbing(op: &Op) -> bool {
    matches!(
        op,
        Op::Reshape(_) | Op::Transpose(_) | Op::Expand(_) | Op::Slice { .. } | Op::Cast(_) | Op::CacheAppend
    )
}
