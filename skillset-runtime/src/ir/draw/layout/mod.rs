//! Where boxes and lines go: each module is laid out by itself, in layers from top to bottom, and then stands as a box
//! in the module around it (Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system
//! structures", 1981).

mod layers;
mod order;
mod place;
pub(super) mod size;

use std::collections::BTreeMap;

use self::layers::{Layers, What};
use super::edges::{Edges, End, edges};
use super::outline::{Id, Outline, ROOT};

/// Room between two layers.
const BETWEEN: f64 = 28.0;
/// Room between a module's border and what is in it, above (for its name), below and at the sides.
const ABOVE: f64 = 44.0;
const BELOW: f64 = 22.0;
const BESIDE: f64 = 18.0;

/// A box on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// A line on the page, through points from top to bottom.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub points: Vec<(f64, f64)>,
    /// Whether it ends in an arrow's head; lines that go on inside of a module do not.
    pub is_arrow: bool,
    /// False for masks and the like.
    pub is_direct: bool,
}

/// A laid out item: its own box at the origin, and what is in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    pub width: f64,
    pub height: f64,
    /// What is inside, each module before its contents.
    pub boxes: Vec<(Id, Rect)>,
    pub lines: Vec<Line>,
    /// Where lines from outside go on, by the item they come from.
    entries: BTreeMap<Id, f64>,
    /// Where lines to the outside begin.
    exit: f64,
}

/// Lays out the whole drawing.
pub(super) fn lay_out(outline: &Outline) -> Block {
    block(outline, &edges(outline), ROOT)
}

fn block(outline: &Outline, edges: &Edges, id: Id) -> Block {
    let item = &outline.items[id];
    if !item.is_module() {
        let (width, height) = size::leaf(item);
        return Block { width, height, exit: width / 2.0, ..Block::default() };
    }
    let inner: BTreeMap<Id, Block> =
        item.children.iter().map(|&child| (child, block(outline, edges, child))).collect();
    let none = BTreeMap::new();
    let mut layers = Layers::new(&item.children, &inner, edges.get(&id).unwrap_or(&none));
    order::order(&mut layers);
    let centres = place::place(&layers);
    assemble(outline, id, &inner, &layers, &centres)
}

/// Turns layers with known places into boxes and lines.
fn assemble(
    outline: &Outline,
    id: Id,
    inner: &BTreeMap<Id, Block>,
    layers: &Layers,
    centres: &[f64],
) -> Block {
    let is_root = id == ROOT;
    let left = (0..layers.nodes.len()).map(|node| centres[node] - layers.nodes[node].width / 2.0);
    let left = left.fold(f64::INFINITY, f64::min).min(0.0);
    let right = (0..layers.nodes.len()).map(|node| centres[node] + layers.nodes[node].width / 2.0);
    let contents = right.fold(0.0, f64::max) - left;
    let width = (contents + 2.0 * BESIDE).max(size::title(&outline.items[id]));
    let shift = (width - contents) / 2.0 - left;

    // The top and bottom of each layer.
    let mut y = if is_root { BESIDE } else { 0.0 };
    let mut spans = vec![];
    let last = layers.layers.len() - 1;
    for (rank, layer) in layers.layers.iter().enumerate() {
        let height = layer.iter().map(|&node| layers.nodes[node].height).fold(0.0, f64::max);
        spans.push((y, y + height));
        y += height;
        if rank < last {
            y += match rank {
                0 if !is_root => ABOVE,
                _ if !is_root && rank + 1 == last => BELOW,
                _ => BETWEEN,
            };
        }
    }
    let height = if is_root { y + BESIDE } else { y };
    let span_of = |node: usize| spans[layers.nodes[node].rank];
    let top = |node: usize| {
        let (from, to) = span_of(node);
        (from + to - layers.nodes[node].height) / 2.0
    };

    let mut block = Block { width, height, exit: width / 2.0, ..Block::default() };
    for (node, what) in layers.nodes.iter().enumerate() {
        let centre = centres[node] + shift;
        match what.what {
            What::Entry(source) => {
                block.entries.insert(source, centre);
            }
            What::Exit => block.exit = centre,
            What::Bend => {}
            What::Item(child) => {
                let (x, y) = (centre - what.width / 2.0, top(node));
                let placed = &inner[&child];
                block.boxes.push((child, Rect { x, y, width: what.width, height: what.height }));
                let moved = |rect: &Rect| Rect { x: rect.x + x, y: rect.y + y, ..*rect };
                block.boxes.extend(placed.boxes.iter().map(|(id, rect)| (*id, moved(rect))));
                block.lines.extend(placed.lines.iter().map(|line| Line {
                    points: line.points.iter().map(|(px, py)| (px + x, py + y)).collect(),
                    ..*line
                }));
            }
        }
    }
    for edge in &layers.edges {
        let mut points = vec![];
        for (position, &node) in edge.path.iter().enumerate() {
            let (from, to) = span_of(node);
            let centre = centres[node] + shift;
            let node_top = top(node);
            if position > 0 {
                let x = centre + edge.offset_in(layers, position);
                points.extend([(x, from), (x, node_top)]);
            }
            if position + 1 < edge.path.len() {
                let x = centre + edge.offset_out(layers, position);
                points.extend([(x, node_top + layers.nodes[node].height), (x, to)]);
            }
        }
        points.dedup();
        block.lines.push(Line { points, is_arrow: edge.is_arrow, is_direct: edge.is_direct });
    }
    block
}

impl Block {
    /// Where a line from `source` ends, from the middle.
    fn offset_in(&self, source: Option<Id>) -> f64 {
        let entry = source.and_then(|source| self.entries.get(&source));
        entry.map_or(0.0, |x| x - self.width / 2.0)
    }

    /// Where lines to the outside begin, from the middle.
    fn offset_out(&self) -> f64 {
        self.exit - self.width / 2.0
    }

    /// Whether a line from `source` goes on inside.
    fn goes_on(&self, source: Option<Id>) -> bool {
        source.is_some_and(|source| self.entries.contains_key(&source))
    }
}

impl End {
    /// The item outside or inside that a line comes from.
    fn source(self) -> Option<Id> {
        match self {
            Self::Entry(id) | Self::Item(id) => Some(id),
            Self::Exit => None,
        }
    }
}
