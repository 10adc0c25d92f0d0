//! Computation of only those rows that are read.

use super::{Rewriter, dead_code};
use crate::ir::{CheckedGraph, Dim, Graph, Node, Op, Value};

/// The axis of positions, in `[batch, sequence, …]`.
const ROWS: usize = 1;

/// Moves a range of positions that is all that is read of a value ahead of the operations that treat each
/// position alone: of a prompt, only the last position goes through the language modelling head.
pub fn narrow(graph: CheckedGraph) -> Graph {
    let reads = reads(&graph);
    let narrowed = |value: Value| match &reads[value.index()] {
        Read::Rows(start, end) if row_inputs(&graph, value).is_some() => Some((start, end)),
        _ => None,
    };
    let mut rewriter = Rewriter::new(&graph);
    for (value, node) in graph.values().zip(&graph.nodes) {
        if let Op::Slice { axis: ROWS, .. } = node.op
            && narrowed(node.inputs[0]).is_some()
        {
            rewriter.map[value.index()] = Some(rewriter.get(node.inputs[0]));
            continue;
        }
        let mut inputs: Vec<Value> = node.inputs.iter().map(|&input| rewriter.get(input)).collect();
        if let (Some((start, end)), Some(rows)) = (narrowed(value), row_inputs(&graph, value)) {
            for (position, &input) in node.inputs.iter().enumerate() {
                if rows[position] && narrowed(input).is_none() {
                    let op = Op::Slice { axis: ROWS, start: start.clone(), end: end.clone() };
                    inputs[position] = rewriter.graph.push(op, vec![inputs[position]], node.path.clone());
                }
            }
        }
        rewriter.map[value.index()] = Some(rewriter.graph.push(node.op.clone(), inputs, node.path.clone()));
    }
    dead_code(rewriter.finish())
}

/// What is read of a value.
#[derive(Clone, Debug, PartialEq)]
enum Read {
    Nothing,
    /// The same range of positions by every reader.
    Rows(Dim, Dim),
    Everything,
}

impl Read {
    fn join(&mut self, other: &Self) {
        if *self == Self::Nothing {
            self.clone_from(other);
        } else if self != other {
            *self = Self::Everything;
        }
    }
}

fn reads(graph: &CheckedGraph) -> Vec<Read> {
    let mut reads = vec![Read::Nothing; graph.nodes.len()];
    for result in graph.results() {
        reads[result.index()] = Read::Everything;
    }
    for value in graph.values().rev() {
        let node = graph.node(value);
        let rows = row_inputs(graph, value);
        for (position, input) in node.inputs.iter().enumerate() {
            let read = match (&node.op, &rows) {
                (Op::Slice { axis: ROWS, start, end }, _) => Read::Rows(start.clone(), end.clone()),
                (_, Some(rows)) if rows[position] => reads[value.index()].clone(),
                _ => Read::Everything,
            };
            reads[input.index()].join(&read);
        }
    }
    reads
}

/// For an operation that treats each position alone: which of its inputs have positions. `None` for any other.
fn row_inputs(graph: &CheckedGraph, value: Value) -> Option<Vec<bool>> {
    let Node { op, inputs, .. } = graph.node(value);
    let shape = &graph.fact(value).shape;
    // Behind the positions there has to be an axis for what is computed along the last one.
    if shape.len() <= ROWS + 1 {
        return None;
    }
    match op {
        Op::Linear(_) | Op::LayerNorm(_) | Op::RmsNorm(_) => {
            Some((0..inputs.len()).map(|position| position == 0).collect())
        }
        Op::Experts(_) => Some((0..inputs.len()).map(|position| position < 3).collect()),
        // Along the last axis, which is not that of positions.
        Op::TopK { .. } => Some(vec![true]),
        Op::Softmax { axis } | Op::GatherElements { axis } if axis + 1 == shape.len() => {
            Some(vec![true; inputs.len()])
        }
        Op::Unary(_) | Op::Cast(_) | Op::Binary(_) | Op::Compare(_) | Op::Select => {
            let has_rows = |input: &Value| {
                let input = &graph.fact(*input).shape;
                match input.len() + ROWS >= shape.len() {
                    true if input.len() != shape.len() => None,
                    true => Some(input[ROWS] == shape[ROWS]),
                    // Broadcast over positions.
                    false => Some(false),
                }
            };
            inputs.iter().map(has_rows).collect()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Builder, DType, Request};

    fn build(request: &Request) -> CheckedGraph {
        let builder = Builder::new("test", request);
        let g = builder.root();
        let x = g.input("x", DType::F32, &[Dim::symbol("batch"), Dim::symbol("sequence"), 4.into()]);
        let y = g.add(g.cumsum(x, 1), g.mul(g.tanh(x), 2.0));
        g.output("y", y);
        builder.finish().unwrap()
    }

    fn operations(graph: &Graph) -> Vec<String> {
        graph.nodes.iter().map(|node| crate::ir::text::op_name(&node.op).to_owned()).collect()
    }

    #[test]
    fn only_the_last_position_is_computed_where_positions_are_independent() {
        let all = build(&Request::default());
        let last = build(&Request { last_position: true, ..Request::default() });
        let sequence = Dim::symbol("sequence");
        assert_eq!(all.fact(all.outputs[0].value).shape[1], sequence);
        assert_eq!(last.fact(last.outputs[0].value).shape[1], Dim::from(1));
        for (value, node) in last.values().zip(&last.nodes) {
            let length = last.fact(value).shape.get(1).cloned();
            match node.op {
                // A running sum needs what came before.
                Op::Input(_) | Op::CumSum { .. } => assert_eq!(length, Some(sequence.clone())),
                Op::Unary(_) | Op::Binary(_) | Op::Slice { .. } => assert_eq!(length, Some(1.into())),
                _ => {}
            }
        }
        assert_eq!(
            operations(&all).len() + 2,
            operations(&last).len(),
            "one slice an input that has positions"
        );
    }

    #[test]
    fn a_value_that_is_read_whole_stays_whole() {
        let builder = Builder::new("test", &Request::default());
        let g = builder.root();
        let x = g.input("x", DType::F32, &[2.into(), 5.into(), 4.into()]);
        let y = g.tanh(x);
        g.output("row", g.slice(y, 1, 3, 4));
        g.output("all", y);
        let graph = builder.finish().unwrap();
        assert_eq!(narrow(graph.clone()), graph.into_graph());
    }
}
