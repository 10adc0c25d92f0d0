//! Flows between leaves as edges inside of each module.

use std::collections::BTreeMap;

use super::outline::{Id, Outline};

/// Where an edge inside of a module begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// The module's border, for what comes from that item outside.
    Entry(Id),
    /// An item of the module.
    Item(Id),
    /// The module's border, for what goes out.
    Exit,
}

/// Edges of each module; false for those of masks and the like only.
pub(super) type Edges = BTreeMap<Id, BTreeMap<(End, End), bool>>;

/// Cuts each flow where it crosses the border of a module.
pub(super) fn edges(outline: &Outline) -> Edges {
    let mut edges = Edges::new();
    let mut add = |module: Id, from: End, to: End, direct: bool| {
        *edges.entry(module).or_default().entry((from, to)).or_default() |= direct;
    };
    for (&(from, to), &direct) in &outline.flows {
        let (from, to) = (outline.chain(from), outline.chain(to));
        let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        // One is inside of the other only for a flow that a fold has made of one between layers.
        let (Some(&source), Some(&target)) = (from.get(shared), to.get(shared)) else { continue };
        add(from[shared - 1], End::Item(source), End::Item(target), direct);
        for pair in from[shared..].windows(2) {
            add(pair[0], End::Item(pair[1]), End::Exit, direct);
        }
        for pair in to[shared..].windows(2) {
            add(pair[0], End::Entry(source), End::Item(pair[1]), direct);
        }
    }
    for &(leaf, module) in &outline.loops {
        let chain = outline.chain(leaf);
        let inside = chain.iter().position(|&id| id == module).unwrap_or(chain.len());
        for pair in chain[inside.min(chain.len())..].windows(2) {
            add(pair[0], End::Item(pair[1]), End::Exit, true);
        }
    }
    edges
}

/// The groups of items of a module that flow into one another in a circle.
pub(super) fn circles(outline: &Outline, module: Id, edges: &Edges) -> Vec<Vec<Id>> {
    let children = &outline.items[module].children;
    let reached: BTreeMap<Id, Vec<Id>> =
        children.iter().map(|&child| (child, reach(module, child, edges))).collect();
    let mut circles: Vec<Vec<Id>> = vec![];
    for &child in children {
        let circle = reached[&child].iter().copied();
        let circle: Vec<Id> =
            circle.filter(|other| reached.get(other).is_some_and(|back| back.contains(&child))).collect();
        if circle.len() > 1 && !circles.iter().any(|known| known.contains(&child)) {
            circles.push(circle);
        }
    }
    circles
}

/// The items of `module` that flow from `start` reaches, itself only if it is on a circle.
fn reach(module: Id, start: Id, edges: &Edges) -> Vec<Id> {
    let next = |from: Id| {
        let inside = edges.get(&module).into_iter().flatten();
        inside.filter_map(move |(&ends, _)| match ends {
            (End::Item(source), End::Item(target)) if source == from => Some(target),
            _ => None,
        })
    };
    let (mut found, mut waiting) = (vec![], vec![start]);
    while let Some(id) = waiting.pop() {
        for target in next(id) {
            if !found.contains(&target) {
                found.push(target);
                waiting.push(target);
            }
        }
    }
    found
}
