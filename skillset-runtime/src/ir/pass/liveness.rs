//! Where each value is read last.

use crate::ir::{Graph, Value};

/// For each node, the values that no later node needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Liveness {
    /// Node position → values to free once the node has run.
    pub dies_after: Vec<Vec<Value>>,
}

/// Finds the last reader of each value. Sources, results and what is `kept` never die; a value that nobody reads
/// dies with its own node.
pub fn liveness(graph: &Graph, kept: &[Value]) -> Liveness {
    let mut last: Vec<Option<usize>> = (0..graph.nodes.len()).map(Some).collect();
    for (position, node) in graph.nodes.iter().enumerate() {
        for input in &node.inputs {
            last[input.index()] = Some(position);
        }
    }
    for value in graph.results().chain(kept.iter().copied()) {
        last[value.index()] = None;
    }
    let mut dies_after = vec![vec![]; graph.nodes.len()];
    for value in graph.values() {
        if let Some(position) = last[value.index()].filter(|_| !graph.node(value).op.is_source()) {
            dies_after[position].push(value);
        }
    }
    Liveness { dies_after }
}
