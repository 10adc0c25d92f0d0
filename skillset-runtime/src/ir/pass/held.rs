//! What is computed once a session.

use std::collections::BTreeSet;

use super::inputs::with_inputs;
use super::{Rewriter, dead_code};
use crate::ir::{CheckError, CheckedGraph, Dim, Graph, Input, Node, Op, Output, Value};

/// The symbol of the rows, which a session may reorder.
pub const ROWS: &str = "batch";

/// The part of a graph that depends on held inputs and on nothing that changes from step to step: an encoder, the
/// keys and values that a decoder's attention to it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// By node: whether it belongs to that part.
    pub nodes: Vec<bool>,
    /// Of its values those that steps read or that are results, in order; each has its rows along one axis, or is one for all.
    pub kept: Vec<Value>,
}

/// When a value is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    /// It is the same in every run.
    Always,
    /// Of held inputs.
    Held,
    /// In every step.
    Step,
}

/// Finds that part; it is empty in a graph without held inputs.
pub fn held(graph: &CheckedGraph) -> Held {
    let symbols = held_symbols(graph);
    let mut when: Vec<When> = Vec::with_capacity(graph.nodes.len());
    for (value, node) in graph.values().zip(&graph.nodes) {
        let inputs = node.inputs.iter().map(|input| when[input.index()]);
        let latest = inputs.chain([own(graph, node, &symbols)]).max().unwrap_or(When::Always);
        let latest = if latest == When::Held && !has_rows(graph, value) { When::Step } else { latest };
        when.push(latest);
    }
    let nodes: Vec<bool> = when.iter().map(|when| *when == When::Held).collect();
    let readers = graph.values().filter(|reader| when[reader.index()] == When::Step);
    let read = readers.flat_map(|reader| graph.node(reader).inputs.iter().copied()).chain(graph.results());
    let kept: BTreeSet<Value> = read.filter(|value| nodes[value.index()]).collect();
    Held { nodes, kept: kept.into_iter().collect() }
}

/// The symbols that held inputs say the value of.
fn held_symbols(graph: &Graph) -> BTreeSet<String> {
    let mut symbols = BTreeSet::new();
    for dim in graph.inputs.iter().filter(|input| input.held).flat_map(|input| &input.fact.shape) {
        symbols.extend(dim.as_symbol().map(str::to_owned));
    }
    symbols
}

/// When a node can be computed as far as only its operation says.
fn own(graph: &Graph, node: &Node, held: &BTreeSet<String>) -> When {
    match node.op {
        Op::Input(input) if graph.inputs[input].held => return When::Held,
        Op::Input(_) | Op::State(_) => return When::Step,
        _ => {}
    }
    let mut when = When::Always;
    for dim in node.op.dims() {
        dim.for_each_symbol(&mut |symbol| {
            when = when.max(if held.contains(symbol) { When::Held } else { When::Step });
        });
    }
    when
}

/// Whether the rows of a value can be reordered: they lie along one axis, or it has none.
fn has_rows(graph: &CheckedGraph, value: Value) -> bool {
    let shape = &graph.fact(value).shape;
    let is_rows = |dim: &&Dim| dim.as_symbol() == Some(ROWS);
    let along_one = shape.iter().filter(is_rows).count() <= 1;
    let elsewhere = shape.iter().any(|dim| !is_rows(&dim) && dim.contains(ROWS));
    // Rows that are counted are other numbers when there are fewer.
    let op = &graph.node(value).op;
    let counted =
        matches!(op, Op::Size(_) | Op::Iota { .. }) && op.dims().iter().any(|dim| dim.contains(ROWS));
    along_one && !elsewhere && !counted
}

/// The axis of a value that has the rows, if it has any.
pub fn row_axis(graph: &CheckedGraph, value: Value) -> Option<usize> {
    graph.fact(value).shape.iter().position(|dim| dim.as_symbol() == Some(ROWS))
}

/// Two graphs of one: the first computes what `held` keeps, the second takes that in place of the held inputs and
/// does the rest. The values handed over have names of their own, an output of the first and an input of the second.
///
/// # Errors
/// None for what [`held`] found in that graph.
pub fn split_held(graph: &CheckedGraph, held: &Held) -> Result<(CheckedGraph, CheckedGraph), CheckError> {
    Ok((first(graph, held).check()?, rest(graph, held).check()?))
}

/// The name of a value that is handed over.
fn name(position: usize) -> String {
    format!("held.{position}")
}

fn first(graph: &CheckedGraph, held: &Held) -> Graph {
    let output = |(position, &value): (usize, &Value)| Output { name: name(position), value };
    let mut first: Graph = (**graph).clone();
    first.outputs = held.kept.iter().enumerate().map(output).collect();
    first.states.clear();
    with_inputs(dead_code(first), |input| input.held)
}

fn rest(graph: &CheckedGraph, held: &Held) -> Graph {
    let mut rewriter = Rewriter::new(graph);
    for (value, node) in graph.values().zip(&graph.nodes) {
        let op = match held.kept.binary_search(&value) {
            Ok(position) => {
                let fact = graph.fact(value).clone();
                rewriter.graph.inputs.push(Input { name: name(position), fact, held: false });
                Op::Input(rewriter.graph.inputs.len() - 1)
            }
            Err(_) if held.nodes[value.index()] => continue,
            Err(_) => node.op.clone(),
        };
        let inputs = match op {
            Op::Input(_) => vec![],
            _ => node.inputs.iter().map(|&input| rewriter.get(input)).collect(),
        };
        rewriter.map[value.index()] = Some(rewriter.graph.push(op, inputs, node.path.clone()));
    }
    with_inputs(dead_code(rewriter.finish()), |input| !input.held)
}
