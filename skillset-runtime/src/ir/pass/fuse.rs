//! Fusion of an activation into the layer before it.

use super::{Rewriter, dead_code};
use crate::ir::{Activation, Conv, Graph, Linear, Op, Unary};

/// Moves an activation that is the only reader of a linear layer or a convolution into that layer, where an engine
/// applies it while the result is still in cache.
pub fn fuse(graph: Graph) -> Graph {
    let uses = graph.use_counts();
    let mut rewriter = Rewriter::new(&graph);
    for (value, node) in graph.values().zip(&graph.nodes) {
        let inputs = node.inputs.iter().map(|&input| rewriter.get(input)).collect();
        let fused = match (&node.op, node.inputs.as_slice()) {
            (Op::Unary(Unary::Activation(activation)), &[x]) if uses[x.index()] == 1 => {
                let before = graph.node(x);
                with_activation(&before.op, *activation).map(|op| (op, before))
            }
            _ => None,
        };
        let new = match fused {
            Some((op, before)) => {
                let inputs = before.inputs.iter().map(|&input| rewriter.get(input)).collect();
                rewriter.graph.push(op, inputs, node.path.clone())
            }
            None => rewriter.graph.push(node.op.clone(), inputs, node.path.clone()),
        };
        rewriter.map[value.index()] = Some(new);
    }
    dead_code(rewriter.finish())
}

/// The layer `op` with an activation, if it can have one and has none yet.
fn with_activation(op: &Op, activation: Activation) -> Option<Op> {
    let activation = Some(activation);
    match op {
        Op::Linear(linear) if linear.activation.is_none() => {
            Some(Op::Linear(Linear { activation, ..linear.clone() }))
        }
        Op::Conv(conv) if conv.activation.is_none() => Some(Op::Conv(Conv { activation, ..conv.clone() })),
        _ => None,
    }
}
