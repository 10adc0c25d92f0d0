//! Folding of normalisations into the convolutions before them.

use std::sync::Arc;

use super::{Rewriter, dead_code};
use crate::ir::{Binary, CheckedGraph, Dim, Fact, Graph, Literal, Node, Norm, Op, Unary, Value};

/// Makes a batch normalisation that is the only reader of a convolution part of that convolution's kernels and biases,
/// which an engine computes at load.
pub fn fold(graph: CheckedGraph) -> Graph {
    let uses = graph.use_counts();
    let mut rewriter = Rewriter::new(&graph);
    for (value, node) in graph.values().zip(&graph.nodes) {
        let inputs: Vec<Value> = node.inputs.iter().map(|&input| rewriter.get(input)).collect();
        let folded = match (&node.op, &node.inputs[..]) {
            (Op::BatchNorm(norm), [x, ..]) if uses[x.index()] == 1 => {
                let conv = graph.node(*x);
                matches!(&conv.op, Op::Conv(conv) if conv.activation.is_none()).then_some((norm, conv))
            }
            _ => None,
        };
        let new = match folded {
            Some((norm, conv)) => {
                let kernels = graph.fact(conv.inputs[1]);
                normalised(&mut rewriter, norm, conv, kernels, &inputs[1..], &node.path)
            }
            None => rewriter.graph.push(node.op.clone(), inputs, node.path.clone()),
        };
        rewriter.map[value.index()] = Some(new);
    }
    dead_code(rewriter.finish())
}

/// The convolution `conv` with kernels `weight · s` and biases `(bias − mean) · s + shift`, where `s` is
/// `scale / √(variance + eps)`.
fn normalised(
    rewriter: &mut Rewriter,
    norm: &Norm,
    conv: &Node,
    kernels: &Fact,
    statistics: &[Value],
    path: &Arc<str>,
) -> Value {
    let inputs: Vec<Value> = conv.inputs.iter().map(|&input| rewriter.get(input)).collect();
    let &[scale, shift, mean, variance] = statistics else {
        unreachable!("a batch norm has four statistics")
    };
    let mut push = |op: Op, inputs: &[Value]| rewriter.graph.push(op, inputs.to_vec(), path.clone());
    let eps = push(Op::Constant(Literal::scalar(norm.eps)), &[]);
    let deviation = push(Op::Binary(Binary::Add), &[variance, eps]);
    let deviation = push(Op::Unary(Unary::Sqrt), &[deviation]);
    let scale = push(Op::Binary(Binary::Div), &[scale, deviation]);
    let mut each = vec![Dim::from(1); kernels.rank()];
    each[0] = kernels.shape[0].clone();
    let of_kernels = push(Op::Reshape(each), &[scale]);
    let weight = push(Op::Binary(Binary::Mul), &[inputs[1], of_kernels]);
    let bias = match inputs.get(2) {
        Some(&bias) => push(Op::Binary(Binary::Sub), &[bias, mean]),
        None => push(Op::Unary(Unary::Neg), &[mean]),
    };
    let bias = push(Op::Binary(Binary::Mul), &[bias, scale]);
    let bias = push(Op::Binary(Binary::Add), &[bias, shift]);
    rewriter.graph.push(conv.op.clone(), vec![inputs[0], weight, bias], conv.path.clone())
}
