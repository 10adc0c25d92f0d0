//! Removal of what no result needs.

use super::Rewriter;
use crate::ir::{Graph, Op, Value};

/// By node: whether an output or a state needs it.
pub fn needed(graph: &Graph) -> Vec<bool> {
    let mut needed = vec![false; graph.nodes.len()];
    let mut open: Vec<Value> = graph.results().collect();
    while let Some(value) = open.pop() {
        if !std::mem::replace(&mut needed[value.index()], true) {
            open.extend(&graph.node(value).inputs);
        }
    }
    needed
}

/// Removes nodes that no output or state needs, and with them the parameters that only those read.
///
/// Inputs stay, as they are what the caller gives.
pub fn dead_code(graph: Graph) -> Graph {
    let needed = needed(&graph);
    let mut rewriter = Rewriter::new(&graph);
    rewriter.graph.params.clear();
    for (value, node) in graph.values().zip(&graph.nodes) {
        if !needed[value.index()] {
            continue;
        }
        let inputs = node.inputs.iter().map(|&input| rewriter.get(input)).collect();
        let op = match &node.op {
            Op::Param(index) => {
                rewriter.graph.params.push(graph.params[*index].clone());
                Op::Param(rewriter.graph.params.len() - 1)
            }
            op => op.clone(),
        };
        let new = rewriter.graph.push(op, inputs, node.path.clone());
        rewriter.map[value.index()] = Some(new);
    }
    rewriter.finish()
}
