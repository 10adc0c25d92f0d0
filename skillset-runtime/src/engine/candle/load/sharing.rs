//! Which values are one, and in which form they are read.

use std::collections::HashMap;

use crate::ir::{CheckedGraph, Op, Value};
use crate::weights::Weights;

/// By node: whether it is a parameter that others than linear layers read, so that it has to be there
/// as it is stored and linear layers had better share it.
pub(super) fn tables(graph: &CheckedGraph, same: &[Value]) -> Vec<bool> {
    let mut tables = vec![false; graph.nodes.len()];
    let is_param = |value: Value| matches!(graph.node(value).op, Op::Param(_));
    for node in &graph.nodes {
        for (at, input) in node.inputs.iter().enumerate() {
            let weight = at == 1 && matches!(node.op, Op::Linear(_));
            tables[same[input.index()].index()] |= !weight && is_param(*input);
        }
    }
    for result in graph.results() {
        tables[same[result.index()].index()] |= is_param(result);
    }
    tables
}

/// By node: the first node of the same value. Parameters are one if they are one tensor of the
/// checkpoint, as tied weights are.
pub(super) fn same(graph: &CheckedGraph, weights: &dyn Weights) -> Vec<Value> {
    let mut first = HashMap::new();
    let same = |value: Value| match graph.node(value).op {
        Op::Param(index) => match weights.get(&graph.params[index].name) {
            Some(view) if !view.bytes.is_empty() => {
                let place = (view.bytes.as_ptr(), view.bytes.len(), graph.params[index].shape.clone());
                *first.entry(place).or_insert(value)
            }
            _ => value,
        },
        _ => value,
    };
    graph.values().map(same).collect()
}
