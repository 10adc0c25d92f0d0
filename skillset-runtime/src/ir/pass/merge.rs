//! Common subexpressions.

use super::Rewriter;
use crate::ir::{Graph, Node, Value};

/// Computes equal nodes once: the same operation on the same values.
pub fn merge(graph: Graph) -> Graph {
    let mut rewriter = Rewriter::new(&graph);
    // Operations carry floats and so have no hash; nodes that read one value are few, so each node
    // is compared with those that have the same first input.
    let mut readers: Vec<Vec<Value>> = vec![vec![]; graph.nodes.len() + 1];
    for (value, node) in graph.values().zip(&graph.nodes) {
        let inputs: Vec<Value> = node.inputs.iter().map(|&input| rewriter.get(input)).collect();
        let bucket = inputs.first().map_or(graph.nodes.len(), |first| first.index());
        let equal = |&&other: &&Value| {
            let other: &Node = rewriter.graph.node(other);
            other.op == node.op && other.inputs == inputs
        };
        let new = match readers[bucket].iter().find(equal) {
            Some(&equal) => equal,
            None => {
                let new = rewriter.graph.push(node.op.clone(), inputs, node.path.clone());
                readers[bucket].push(new);
                new
            }
        };
        rewriter.map[value.index()] = Some(new);
    }
    rewriter.finish()
}
