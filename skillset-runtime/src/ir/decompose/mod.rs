//! What composites mean: their decomposition into primitives.

mod attention;
mod conv;
mod experts;
mod grid_sample;
mod linear;
mod norm;
mod rotary;
mod selective_scan;

use std::sync::Arc;

use super::{BuildError, Builder, CheckedGraph, Node, Op, Scope, Value};

/// Replaces every composite node that `keep` does not hold for by primitives.
///
/// # Errors
/// If a decomposition does not check, which would be a fault of this module.
pub fn decompose(graph: CheckedGraph, keep: impl Fn(&Node) -> bool) -> Result<CheckedGraph, BuildError> {
    let graph = graph.into_graph();
    let builder = Builder::with_sources(&graph);
    let mut map: Vec<Value> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let inputs: Vec<Value> = node.inputs.iter().map(|input| map[input.index()]).collect();
        let g = builder.scope(Arc::clone(&node.path));
        let value = if node.op.is_composite() && !keep(node) {
            primitives(&g, &node.op, &inputs)
        } else {
            g.push(node.op.clone(), inputs)
        };
        map.push(value);
    }
    builder.with_results(&graph, |value| map[value.index()]).finish()
}

fn primitives(g: &Scope, op: &Op, inputs: &[Value]) -> Value {
    match op {
        Op::Conv(conv) => conv::decompose(g, conv, inputs),
        Op::ConvTranspose(conv) => conv::transposed(g, conv, inputs),
        Op::Linear(linear) => linear::decompose(g, linear, inputs),
        Op::LayerNorm(norm) => norm::layer_norm(g, norm, inputs),
        Op::RmsNorm(norm) => norm::rms_norm(g, norm, inputs),
        Op::GroupNorm(norm) => norm::group_norm(g, norm, inputs),
        Op::BatchNorm(norm) => norm::batch_norm(g, norm, inputs),
        Op::GridSample => grid_sample::decompose(g, inputs[0], inputs[1]),
        Op::Attention(attention) => attention::decompose(g, attention, inputs),
        Op::Rotary(rotary) => rotary::decompose(g, *rotary, inputs),
        Op::Experts(experts) => experts::decompose(g, experts, inputs),
        Op::CacheAppend => g.concat(inputs[0], inputs[1], 2),
        Op::SelectiveScan => selective_scan::decompose(g, inputs),
        primitive => unreachable!("{primitive:?} is no composite"),
    }
}
