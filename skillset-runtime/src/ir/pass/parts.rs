//! Parts of joined values.

use super::{Rewriter, dead_code};
use crate::ir::{CheckedGraph, Dim, Graph, Op, Value};

/// Reads a value itself where it is read as a part of what it was joined to.
pub fn parts(graph: &CheckedGraph) -> Graph {
    let mut rewriter = Rewriter::new(graph);
    for (value, node) in graph.values().zip(&graph.nodes) {
        let new = match part(graph, value) {
            Some(part) => rewriter.get(part),
            None => {
                let inputs = node.inputs.iter().map(|&input| rewriter.get(input)).collect();
                rewriter.graph.push(node.op.clone(), inputs, node.path.clone())
            }
        };
        rewriter.map[value.index()] = Some(new);
    }
    dead_code(rewriter.finish())
}

/// The value that `value` is a copy of, if it is what a concatenation has of one of its inputs.
fn part(graph: &CheckedGraph, value: Value) -> Option<Value> {
    let Op::Slice { axis, start, end } = &graph.node(value).op else { return None };
    let joined = graph.node(graph.node(value).inputs[0]);
    let Op::Concat { axis: along } = &joined.op else { return None };
    let mut from = Dim::from(0);
    for &input in joined.inputs.iter().filter(|_| along == axis) {
        let to = from.clone() + graph.fact(input).shape[*axis].clone();
        if *start == from && *end == to {
            return Some(input);
        }
        from = to;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Builder, DType, Request};

    #[test]
    fn a_part_that_was_joined_is_read_itself() {
        let builder = Builder::new("test", &Request::default());
        let g = builder.root();
        let rows = |name: &str| [2.into(), Dim::symbol(name)];
        let (a, b) = (g.input("a", DType::F32, &rows("a")), g.input("b", DType::F32, &rows("b")));
        let joined = g.concat(a, b, 1);
        let (a_size, size) = (Dim::symbol("a"), Dim::symbol("a") + Dim::symbol("b"));
        g.output("front", g.tanh(g.slice(joined, 1, 0, a_size.clone())));
        g.output("back", g.tanh(g.slice(joined, 1, a_size, size.clone())));
        let whole = builder.finish().unwrap();
        let split = parts(&whole);
        assert!(split.nodes.iter().all(|node| !matches!(node.op, Op::Concat { .. } | Op::Slice { .. })));
        let read = |output: usize| split.node(split.node(split.outputs[output].value).inputs[0]).op.clone();
        assert_eq!((read(0), read(1)), (Op::Input(0), Op::Input(1)));

        let builder = Builder::new("test", &Request::default());
        let g = builder.root();
        let (a, b) = (g.input("a", DType::F32, &rows("a")), g.input("b", DType::F32, &rows("b")));
        g.output("other", g.slice(g.concat(a, b, 1), 1, 1, size));
        let whole = builder.finish().unwrap();
        assert_eq!(parts(&whole), whole.into_graph(), "a part across the seam is none of both");
    }
}
