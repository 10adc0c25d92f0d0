//! Rewrites of graphs, each doing one thing.

mod dead_code;
mod fold;
mod fuse;
mod held;
mod inputs;
mod liveness;
mod merge;
mod narrow;
mod parts;

pub use dead_code::{dead_code, needed};
pub use fold::fold;
pub use fuse::fuse;
pub use held::{Held, ROWS, held, row_axis, split_held};
pub use inputs::without_unread;
pub use liveness::{Liveness, liveness};
pub use merge::merge;
pub use narrow::narrow;
pub use parts::parts;

use super::{Graph, Value};

/// Builds a graph anew, node by node, while old values are looked up as new ones.
struct Rewriter {
    graph: Graph,
    /// Old value → new value.
    map: Vec<Option<Value>>,
}

impl Rewriter {
    /// An empty graph with the sources of `graph`, to be filled in the order of its nodes.
    fn new(graph: &Graph) -> Self {
        let empty = Graph { nodes: Vec::with_capacity(graph.nodes.len()), ..graph.clone() };
        Self { graph: empty, map: vec![None; graph.nodes.len()] }
    }

    /// The new value of an old one.
    fn get(&self, old: Value) -> Value {
        self.map[old.index()].expect("a pass visits nodes in order and keeps those that are used")
    }

    /// The graph, with results renamed to new values.
    fn finish(mut self) -> Graph {
        let map = |value: Value| self.map[value.index()].expect("a pass keeps the results");
        for output in &mut self.graph.outputs {
            output.value = map(output.value);
        }
        for state in &mut self.graph.states {
            state.next = state.next.map(map);
        }
        self.graph
    }
}
