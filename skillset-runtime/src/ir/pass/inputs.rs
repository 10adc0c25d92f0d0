//! Removal of inputs.

use std::collections::BTreeSet;

use crate::ir::{CheckedGraph, Dim, Graph, Input, Op};

/// Removes the inputs that no node reads, other than those that are `given`. One stays, too, if it alone says a size that
/// the rest needs.
pub fn without_unread(graph: CheckedGraph, given: &[String]) -> Graph {
    let mut needed = BTreeSet::new();
    let mut read = BTreeSet::new();
    for (value, node) in graph.values().zip(&graph.nodes) {
        for dim in graph.fact(value).shape.iter().chain(node.op.dims()) {
            dim.for_each_symbol(&mut |symbol| _ = needed.insert(symbol.to_owned()));
        }
        if let Op::Input(input) = node.op {
            read.insert(graph.inputs[input].name.clone());
        }
    }
    let stays = |input: &Input| read.contains(&input.name) || given.contains(&input.name);
    for size in graph.inputs.iter().filter(|input| stays(input)).flat_map(sizes) {
        needed.remove(size);
    }
    with_inputs(graph.into_graph(), |input| stays(input) || sizes(input).any(|size| needed.contains(size)))
}

/// The symbols that an input says the size of.
fn sizes(input: &Input) -> impl Iterator<Item = &str> {
    input.fact.shape.iter().filter_map(Dim::as_symbol)
}

/// The graph without the inputs that `keep` rejects, which no node reads.
pub(super) fn with_inputs(mut graph: Graph, keep: impl Fn(&Input) -> bool) -> Graph {
    let mut position = 0;
    let mut moved = vec![0; graph.inputs.len()];
    for (input, moved) in graph.inputs.iter().zip(&mut moved) {
        *moved = position;
        position += usize::from(keep(input));
    }
    graph.inputs.retain(keep);
    for node in &mut graph.nodes {
        if let Op::Input(input) = &mut node.op {
            *input = moved[*input];
        }
    }
    graph
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Builder, DType, Request};

    /// The inputs of a graph of which `outputs` are wanted, and that is given `inputs`.
    fn inputs(outputs: &[&str], inputs: &[&str]) -> Vec<String> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let request = Request { inputs: owned(inputs), outputs: owned(outputs), ..Request::default() };
        let builder = Builder::new("test", &request);
        let g = builder.root();
        let [a, b, c] = ["a", "b", "c"].map(|name| g.input(name, DType::F32, &[Dim::symbol(name), 2.into()]));
        g.output("sum", g.add(a, 1.0));
        g.output("product", g.mul(b, 2.0));
        g.output("repeated", g.expand(g.unsqueeze(g.select(a, 0, 0), 0), &[Dim::symbol("c"), 2.into()]));
        let _ = c;
        builder.finish().unwrap().inputs.iter().map(|input| input.name.clone()).collect()
    }

    #[test]
    fn wanted_outputs_say_what_is_asked_for() {
        assert_eq!(inputs(&[], &[]), ["a", "b", "c"]);
        assert_eq!(inputs(&["product"], &[]), ["b"]);
        assert_eq!(inputs(&["product"], &["c"]), ["b", "c"]);
        // Its size is needed.
        assert_eq!(inputs(&["repeated"], &[]), ["a", "c"]);
    }
}
