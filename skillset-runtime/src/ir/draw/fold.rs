//! From the tree of all modules to one that a person can read.

use std::collections::{BTreeMap, BTreeSet};

use super::edges::{circles, edges};
use super::outline::{Id, Item, Outline, ROOT};

/// The most layers that a pattern of layers has.
const LONGEST_PATTERN: usize = 8;

/// Puts operations where they belong, draws equal layers once, and leaves out modules that say nothing.
pub(super) fn fold(outline: &mut Outline) {
    sink(outline, ROOT);
    collapse(outline, ROOT);
    compress(outline, ROOT);
    while dissolve(outline, ROOT) {}
}

/// Moves a bare operation between two parts of one module into that module: the sum of BERT's embeddings stands at no
/// path, but between `embeddings.…` and `embeddings.LayerNorm`.
fn sink(outline: &mut Outline, module: Id) {
    let mut inside: BTreeMap<Id, Id> = BTreeMap::new();
    for &child in &outline.items[module].children {
        inside.extend(outline.subtree(child).into_iter().map(|id| (id, child)));
    }
    // Chains of operations sink one by one, from either end.
    while let Some((operation, target)) = sinking(outline, module, &inside) {
        outline.reparent(operation, target);
        inside.insert(operation, target);
    }
    for child in outline.items[module].children.clone() {
        sink(outline, child);
    }
}

fn sinking(outline: &Outline, module: Id, inside: &BTreeMap<Id, Id>) -> Option<(Id, Id)> {
    let operations =
        outline.items[module].children.iter().copied().filter(|&id| outline.items[id].name.is_empty());
    operations.into_iter().find_map(|operation| {
        let around = |of: &dyn Fn(&(Id, Id)) -> Option<Id>| -> BTreeSet<Id> {
            let ids = outline.flows.keys().filter_map(of).filter_map(|id| inside.get(&id).copied());
            ids.filter(|&id| outline.items[id].is_module()).collect()
        };
        let before = around(&|&(from, to)| (to == operation).then_some(from));
        let after = around(&|&(from, to)| (from == operation).then_some(to));
        before.intersection(&after).next().map(|&target| (operation, target))
    })
}

/// Draws runs of equal layers, or of equal patterns of layers, once.
fn collapse(outline: &mut Outline, module: Id) {
    for child in outline.items[module].children.clone() {
        collapse(outline, child);
    }
    let mut layers: Vec<(usize, Id)> = outline.items[module]
        .children
        .iter()
        .filter_map(|&id| Some((outline.items[id].name.parse().ok()?, id)))
        .collect();
    layers.sort_unstable();
    let layers: Vec<Id> = layers.into_iter().map(|(_, id)| id).collect();
    let forms: Vec<String> = layers.iter().map(|&layer| form(outline, layer)).collect();
    let mut start = 0;
    while start < layers.len() {
        let (pattern, times) = longest_run(&forms[start..]);
        if times > 1 {
            stack(outline, module, &layers[start..start + pattern * times], pattern);
        }
        start += pattern * times;
    }
}

/// The length of the pattern that the forms begin with, and how often it comes; once where it does not come again.
fn longest_run(forms: &[String]) -> (usize, usize) {
    let times = |pattern: usize| {
        let parts = forms.chunks_exact(pattern);
        parts.take_while(|part| *part == &forms[..pattern]).count()
    };
    let runs = (1..=LONGEST_PATTERN.min(forms.len() / 2)).map(|pattern| (pattern, times(pattern)));
    let repeated = runs.filter(|&(_, times)| times > 1);
    // Of the runs that go as far, that of the shortest pattern.
    repeated.max_by_key(|&(pattern, times)| (pattern * times, usize::MAX - pattern)).unwrap_or((1, 1))
}

/// What a layer looks like, but for its own name and what flows in and out.
fn form(outline: &Outline, layer: Id) -> String {
    let ids = outline.subtree(layer);
    let place: BTreeMap<Id, usize> = ids.iter().enumerate().map(|(place, &id)| (id, place)).collect();
    let looks: Vec<_> = ids
        .iter()
        .map(|&id| {
            let Item { name, lines, look, repeat, children, .. } = &outline.items[id];
            (if id == layer { "" } else { name }, lines, look, repeat, children.len())
        })
        .collect();
    let flows = outline
        .flows
        .iter()
        .filter_map(|((from, to), direct)| Some((place.get(from)?, place.get(to)?, direct)));
    format!("{looks:?} {:?}", flows.collect::<Vec<_>>())
}

/// Lets the first `pattern` of `layers` stand for all of them.
fn stack(outline: &mut Outline, module: Id, layers: &[Id], pattern: usize) {
    let (kept, dropped) = layers.split_at(pattern);
    let name = |id: Id| outline.items[id].name.clone();
    let (first, last) = (name(layers[0]), name(layers[layers.len() - 1]));
    let group = if pattern == 1 {
        kept[0]
    } else {
        let order = outline.items[kept[0]].order;
        let group = outline.add(Item::module(module, "", &outline.items[module].path.clone()));
        outline.items[group].order = order;
        outline.reparent(group, module);
        kept.iter().for_each(|&layer| outline.reparent(layer, group));
        group
    };
    outline.items[group].name = format!("{first} … {last}");
    outline.items[group].repeat = Some(format!("× {}", layers.len() / pattern));

    let dropped_ids: BTreeSet<Id> = dropped.iter().flat_map(|&layer| outline.subtree(layer)).collect();
    let kept_ids: BTreeSet<Id> = outline.subtree(group).into_iter().collect();
    outline.items[module].children.retain(|id| !dropped.contains(id));
    outline.loops.retain(|(leaf, _)| !dropped_ids.contains(leaf));
    for ((from, to), direct) in std::mem::take(&mut outline.flows) {
        let stand_in = |id: Id| if dropped_ids.contains(&id) { group } else { id };
        let (stand_from, stand_to) = (stand_in(from), stand_in(to));
        let within = |id: Id| kept_ids.contains(&id) || id == group;
        if (stand_from, stand_to) == (from, to) || !(within(stand_from) && within(stand_to)) {
            *outline.flows.entry((stand_from, stand_to)).or_default() |= direct;
        } else if kept_ids.contains(&from) {
            outline.loops.insert((from, group));
        }
    }
}

/// Joins a module with the only thing in it.
fn compress(outline: &mut Outline, module: Id) {
    for child in outline.items[module].children.clone() {
        compress(outline, child);
    }
    let &[child] = &*outline.items[module].children else { return };
    let joined = [&*outline.items[module].name, &*outline.items[child].name];
    let joined = joined.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(".");
    let inner = &outline.items[child];
    if module == ROOT
        || (outline.items[module].repeat.is_some() && (inner.repeat.is_some() || !inner.is_module()))
    {
        return;
    }
    if outline.items[module].repeat.is_none() {
        let (parent, order) = (outline.items[module].parent, outline.items[module].order);
        outline.items[child].name = joined;
        outline.items[child].order = order;
        outline.reparent(child, parent);
        outline.items[parent].children.retain(|&id| id != module);
        outline.replace_ends(module, child);
    } else {
        outline.items[module].name = joined;
        for inner in outline.items[child].children.clone() {
            outline.reparent(inner, module);
        }
        outline.items[module].children.retain(|&id| id != child);
        outline.replace_ends(child, module);
    }
}

/// Takes one module apart whose contents flow to a neighbour and back; true if there was one.
fn dissolve(outline: &mut Outline, module: Id) -> bool {
    let all = edges(outline);
    for circle in circles(outline, module, &all) {
        let plain = circle.into_iter().filter(|&id| {
            let item = &outline.items[id];
            item.is_module() && item.repeat.is_none()
        });
        let Some(smallest) = plain.min_by_key(|&id| (outline.items[id].children.len(), id)) else { continue };
        let name = outline.items[smallest].name.clone();
        for child in outline.items[smallest].children.clone() {
            let inner = &mut outline.items[child].name;
            // Bare operations need no path to be told apart.
            if !inner.is_empty() {
                *inner = format!("{name}.{inner}");
            }
            outline.reparent(child, module);
        }
        outline.items[module].children.retain(|&id| id != smallest);
        outline.replace_ends(smallest, module);
        return true;
    }
    outline.items[module].children.clone().into_iter().any(|child| dissolve(outline, child))
}

impl Outline {
    /// Lets flows of whole modules begin and end at another one.
    fn replace_ends(&mut self, before: Id, after: Id) {
        let end = |id: Id| if id == before { after } else { id };
        for ((from, to), direct) in std::mem::take(&mut self.flows) {
            *self.flows.entry((end(from), end(to))).or_default() |= direct;
        }
        self.loops =
            std::mem::take(&mut self.loops).into_iter().map(|(leaf, id)| (end(leaf), end(id))).collect();
    }
}
