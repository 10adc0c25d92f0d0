//! The items of a module in layers, with bends where a line passes a layer.

use std::collections::BTreeMap;

use super::Block;
use crate::ir::draw::edges::End;
use crate::ir::draw::outline::Id;

/// The room that a passing line takes.
const BEND: f64 = 10.0;

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A line comes in through the border.
    Entry(Id),
    /// A box.
    Item(Id),
    /// A line passes.
    Bend,
    /// Lines go out through the border.
    Exit,
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub what: What,
    pub rank: usize,
    pub width: f64,
    pub height: f64,
}

/// A line from layer to layer.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    /// The nodes that it goes through, in consecutive layers.
    pub path: Vec<usize>,
    pub is_arrow: bool,
    pub is_direct: bool,
    out_at: f64,
    in_at: f64,
}

/// A module's contents.
#[derive(Clone, Debug)]
pub(super) struct Layers {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// The nodes of each layer from left to right.
    pub layers: Vec<Vec<usize>>,
}

impl Edge {
    /// How far from the middle of its node the line arrives.
    pub(super) fn offset_in(&self, layers: &Layers, position: usize) -> f64 {
        if matches!(layers.nodes[self.path[position]].what, What::Item(_)) { self.in_at } else { 0.0 }
    }

    /// How far from the middle of its node the line leaves.
    pub(super) fn offset_out(&self, layers: &Layers, position: usize) -> f64 {
        if matches!(layers.nodes[self.path[position]].what, What::Item(_)) { self.out_at } else { 0.0 }
    }
}

impl Layers {
    pub(super) fn new(
        children: &[Id],
        inner: &BTreeMap<Id, Block>,
        edges: &BTreeMap<(End, End), bool>,
    ) -> Self {
        let mut ends: Vec<End> = edges.keys().flat_map(|&(from, to)| [from, to]).collect();
        ends.retain(|end| !matches!(end, End::Item(_)));
        ends.sort_unstable();
        ends.dedup();
        // Entries come first and the exit last.
        let at = ends.partition_point(|end| matches!(end, End::Entry(_)));
        ends.splice(at..at, children.iter().map(|&child| End::Item(child)));
        let place: BTreeMap<End, usize> = ends.iter().enumerate().map(|(place, &end)| (end, place)).collect();
        let pairs: Vec<(usize, usize)> = edges.keys().map(|(from, to)| (place[from], place[to])).collect();
        let pairs = without_circles(ends.len(), &pairs);
        let ranks = ranks(&ends, &pairs);
        let nodes = ends.iter().zip(ranks).map(|(&end, rank)| {
            let (what, width, height) = match end {
                End::Entry(id) => (What::Entry(id), BEND, 0.0),
                End::Exit => (What::Exit, BEND, 0.0),
                End::Item(id) => (What::Item(id), inner[&id].width, inner[&id].height),
            };
            Node { what, rank, width, height }
        });
        let mut this = Self { nodes: nodes.collect(), edges: vec![], layers: vec![] };
        for (&(from, to), &is_direct) in edges {
            let ends = (place[&from], place[&to]);
            if !pairs.contains(&ends) {
                continue;
            }
            let out_at = if let End::Item(id) = from { inner[&id].offset_out() } else { 0.0 };
            let (in_at, is_arrow) = match to {
                End::Item(id) => (inner[&id].offset_in(from.source()), !inner[&id].goes_on(from.source())),
                _ => (0.0, false),
            };
            this.connect(ends, Edge { path: vec![], is_arrow, is_direct, out_at, in_at });
        }
        let count = this.nodes.iter().map(|node| node.rank + 1).max().unwrap_or(1);
        this.layers = vec![vec![]; count];
        for (index, node) in this.nodes.iter().enumerate() {
            this.layers[node.rank].push(index);
        }
        this
    }

    /// Adds an edge with a bend in every layer that it passes.
    fn connect(&mut self, (from, to): (usize, usize), edge: Edge) {
        let mut path = vec![from];
        for rank in self.nodes[from].rank + 1..self.nodes[to].rank {
            path.push(self.nodes.len());
            self.nodes.push(Node { what: What::Bend, rank, width: BEND, height: 0.0 });
        }
        path.push(to);
        self.edges.push(Edge { path, ..edge });
    }
}

/// The edges but for those that close a circle.
fn without_circles(count: usize, pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    fn visit(node: usize, pairs: &[(usize, usize)], state: &mut [State], kept: &mut Vec<(usize, usize)>) {
        state[node] = State::Open;
        for &(from, to) in pairs.iter().filter(|(from, _)| *from == node) {
            match state[to] {
                State::Open => continue,
                State::New => visit(to, pairs, state, kept),
                State::Done => {}
            }
            kept.push((from, to));
        }
        state[node] = State::Done;
    }
    let (mut state, mut kept) = (vec![State::New; count], vec![]);
    for node in 0..count {
        if state[node] == State::New {
            visit(node, pairs, &mut state, &mut kept);
        }
    }
    kept
}

/// The layer of each end: below all that flows into it; what nothing flows into stands just above what it flows to.
fn ranks(ends: &[End], pairs: &[(usize, usize)]) -> Vec<usize> {
    let has_entries = matches!(ends.first(), Some(End::Entry(_) | End::Exit));
    let first =
        |end: &End| usize::from(!matches!(end, End::Entry(_)) && (has_entries || ends.contains(&End::Exit)));
    let mut ranks: Vec<usize> = ends.iter().map(first).collect();
    // As many rounds as a longest path can have edges; there are no circles.
    for _ in 0..ends.len() {
        for &(from, to) in pairs {
            ranks[to] = ranks[to].max(ranks[from] + 1);
        }
    }
    for node in 0..ends.len() {
        let is_start = matches!(ends[node], End::Item(_)) && pairs.iter().all(|&(_, to)| to != node);
        let below = pairs.iter().filter(|(from, _)| *from == node).map(|&(_, to)| ranks[to]).min();
        if let (true, Some(below)) = (is_start, below) {
            ranks[node] = below - 1;
        }
    }
    if let Some(exit) = ends.iter().position(|end| *end == End::Exit) {
        ranks[exit] = ranks.iter().copied().max().unwrap_or(0).max(1);
        let lowest = (0..ends.len()).filter(|&node| node != exit).map(|node| ranks[node]).max().unwrap_or(0);
        ranks[exit] = lowest + 1;
    }
    ranks
}
