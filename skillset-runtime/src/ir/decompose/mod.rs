//! What composites mean: their decomposition into primitives.

mod attention;
mod conv;
mod deformable_attention;
mod experts;
mod grid_sample;
mod linear;
mod norm;
mod rotary;
mod selective_scan;

use std::sync::Arc;

use super::{BuildError, Builder, CheckedGraph, Graph, Node, Op, Scope, Value};

/// Replaces every composite node that `keep` does not hold for by primitives; those that decompositions are made of, too.
///
/// # Errors
/// If a decomposition does not check, which would be a fault of this module.
pub fn decompose(
    mut graph: CheckedGraph,
    keep: impl Fn(&CheckedGraph, &Node) -> bool,
) -> Result<CheckedGraph, BuildError> {
    loop {
        let replaced: Vec<bool> =
            graph.nodes.iter().map(|node| node.op.is_composite() && !keep(&graph, node)).collect();
        if !replaced.contains(&true) {
            return Ok(graph);
        }
        graph = replace(graph.into_graph(), &replaced)?;
    }
}

/// Replaces the composites that are marked by their decompositions.
fn replace(graph: Graph, replaced: &[bool]) -> Result<CheckedGraph, BuildError> {
    let builder = Builder::with_sources(&graph);
    let mut map: Vec<Value> = Vec::with_capacity(graph.nodes.len());
    for (node, &is_replaced) in graph.nodes.iter().zip(replaced) {
        let inputs: Vec<Value> = node.inputs.iter().map(|input| map[input.index()]).collect();
        let g = builder.scope(Arc::clone(&node.path));
        let value =
            if is_replaced { decomposition(&g, &node.op, &inputs) } else { g.push(node.op.clone(), inputs) };
        map.push(value);
    }
    builder.with_results(&graph, |value| map[value.index()]).finish()
}

fn decomposition(g: &Scope, op: &Op, inputs: &[Value]) -> Value {
    match op {
        Op::Conv(conv) => conv::decompose(g, conv, inputs),
        Op::ConvTranspose(conv) => conv::transposed(g, conv, inputs),
        Op::Linear(linear) => linear::decompose(g, linear, inputs),
        Op::LayerNorm(norm) => norm::layer_norm(g, norm, inputs),
        Op::RmsNorm(norm) => norm::rms_norm(g, norm, inputs),
        Op::GroupNorm(norm) => norm::group_norm(g, norm, inputs),
        Op::BatchNorm(norm) => norm::batch_norm(g, norm, inputs),
        Op::GridSample => grid_sample::decompose(g, inputs[0], inputs[1]),
        Op::DeformableAttention(attention) => deformable_attention::decompose(g, attention, inputs),
        Op::Attention(attention) => attention::decompose(g, attention, inputs),
        Op::Rotary(rotary) => rotary::decompose(g, *rotary, inputs),
        Op::Experts(experts) => experts::decompose(g, experts, inputs),
        Op::CacheAppend => g.concat(inputs[0], inputs[1], 2),
        Op::SelectiveScan => selective_scan::decompose(g, inputs),
        primitive => unreachable!("{primitive:?} is no composite"),
    }
}
