//! The tree of modules that the drawn nodes belong to, and the flows between its leaves.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::ir::{CheckedGraph, Op, Value};

use super::label::{Look, describe};
use super::trace::{Source, Trace};

/// A box of the drawing, by its place in [`Outline::items`].
pub(super) type Id = usize;

/// The root of the tree.
pub(super) const ROOT: Id = 0;

/// A box.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The module that it is in.
    pub parent: Id,
    /// Its path relative to the module that it is in; empty for a bare operation.
    pub name: String,
    /// The whole path.
    pub path: String,
    /// What else it says.
    pub lines: Vec<String>,
    /// How a leaf looks; none for a module.
    pub look: Option<Look>,
    /// How often it is there, for a module that stands for several: `× 12`.
    pub repeat: Option<String>,
    /// The place among its neighbours: that of its first node in the graph.
    pub order: usize,
    /// What is inside, in order.
    pub children: Vec<Id>,
}

/// Boxes in boxes, and what flows between them.
#[derive(Clone, Debug)]
pub(super) struct Outline {
    pub items: Vec<Item>,
    /// From, to; false for a flow of masks and the like.
    pub flows: BTreeMap<(Id, Id), bool>,
    /// Leaves whose result goes round to the next layer that a module stands for.
    pub loops: BTreeSet<(Id, Id)>,
}

impl Outline {
    pub(super) fn new(graph: &CheckedGraph) -> Self {
        let trace = Trace::new(graph);
        let mut outline = Self { items: vec![], flows: BTreeMap::new(), loops: BTreeSet::new() };
        outline.add(Item::module(ROOT, "", ""));
        let inputs: Vec<Id> = graph.inputs.iter().map(|input| outline.add_port(&input.name)).collect();
        let leaf_of = outline.add_nodes(graph, &trace);
        let end = |source: Source| match source {
            Source::Node(value) => leaf_of[&value],
            Source::Input(index) => inputs[index],
        };
        for &value in &trace.shown {
            let to = leaf_of[&value];
            for (source, direct) in trace.sources_of(&graph.node(value).inputs, true) {
                outline.add_flow(end(source), to, direct);
            }
        }
        for output in &graph.outputs {
            let port = outline.add_port(&output.name);
            for (&source, &direct) in trace.sources(output.value) {
                outline.add_flow(end(source), port, direct);
            }
        }
        // An argument that no drawn node depends on has nothing to say.
        let is_idle = |id: &Id| {
            outline.items[*id].look == Some(Look::Port)
                && !outline.flows.keys().any(|(from, to)| from == id || to == id)
        };
        let idle: BTreeSet<Id> = outline.items[ROOT].children.iter().copied().filter(is_idle).collect();
        outline.items[ROOT].children.retain(|id| !idle.contains(id));
        outline
    }

    /// Adds a leaf for each drawn module without modules inside, and for each bare operation of the others.
    fn add_nodes(&mut self, graph: &CheckedGraph, trace: &Trace) -> HashMap<Value, Id> {
        let paths: BTreeSet<&str> = trace.shown.iter().map(|&value| &*graph.node(value).path).collect();
        let is_inner = |path: &str| {
            let inside = format!("{path}.");
            path.is_empty() || paths.range(&*inside..).next().is_some_and(|next| next.starts_with(&inside))
        };
        let applications = Applications::new(graph, trace);
        let mut modules = HashMap::from([(String::new(), ROOT)]);
        let mut leaves: HashMap<(&str, usize), Id> = HashMap::new();
        let mut leaf_of = HashMap::new();
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for &value in &trace.shown {
            let path = &*graph.node(value).path;
            let (look, lines) = describe(graph, trace, value);
            let leaf = if is_inner(path) {
                let parent = self.module(path, &mut modules);
                let position = seen.entry(path).or_default();
                let place = *position % applications.period(path, graph, trace);
                *position += 1;
                *leaves.entry((path, place)).or_insert_with(|| {
                    self.add(Item { lines, look: Some(look), ..Item::module(parent, "", path) })
                })
            } else {
                let (above, name) = path.rsplit_once('.').unwrap_or(("", path));
                let parent = self.module(above, &mut modules);
                let leaf = *leaves.entry((path, 0)).or_insert_with(|| {
                    self.add(Item { look: Some(look), ..Item::module(parent, name, path) })
                });
                let known = &mut self.items[leaf].lines;
                known.extend(lines.into_iter().filter(|line| !known.contains(line)).collect::<Vec<_>>());
                leaf
            };
            leaf_of.insert(value, leaf);
        }
        for (path, id) in &modules {
            self.items[*id].repeat = applications.label(path);
        }
        leaf_of
    }

    /// The module of a path, added with those above it if it is not there.
    fn module(&mut self, path: &str, modules: &mut HashMap<String, Id>) -> Id {
        if let Some(&id) = modules.get(path) {
            return id;
        }
        let (above, name) = path.rsplit_once('.').unwrap_or(("", path));
        let parent = self.module(above, modules);
        let id = self.add(Item::module(parent, name, path));
        modules.insert(path.to_owned(), id);
        id
    }

    fn add_port(&mut self, name: &str) -> Id {
        self.add(Item { look: Some(Look::Port), ..Item::module(ROOT, name, name) })
    }

    /// Adds an item behind the others of its parent.
    pub(super) fn add(&mut self, item: Item) -> Id {
        let id = self.items.len();
        if id != ROOT {
            self.items[item.parent].children.push(id);
        }
        self.items.push(Item { order: id, ..item });
        id
    }

    /// Adds a flow, but for one from a later leaf to an earlier: that is a module applied again.
    fn add_flow(&mut self, from: Id, to: Id, direct: bool) {
        let is_output = self.items[to].look == Some(Look::Port);
        if from < to || is_output {
            *self.flows.entry((from, to)).or_default() |= direct;
        }
    }

    /// The modules around an item, from the root, and itself.
    pub(super) fn chain(&self, mut id: Id) -> Vec<Id> {
        let mut chain = vec![id];
        while id != ROOT {
            id = self.items[id].parent;
            chain.push(id);
        }
        chain.reverse();
        chain
    }

    /// Moves an item into another module.
    pub(super) fn reparent(&mut self, id: Id, parent: Id) {
        let before = self.items[id].parent;
        self.items[before].children.retain(|&child| child != id);
        self.items[id].parent = parent;
        let mut children = std::mem::take(&mut self.items[parent].children);
        children.push(id);
        children.sort_by_key(|&child| self.items[child].order);
        self.items[parent].children = children;
    }

    /// An item and everything in it, in order.
    pub(super) fn subtree(&self, id: Id) -> Vec<Id> {
        let mut ids = vec![id];
        for &child in &self.items[id].children {
            ids.extend(self.subtree(child));
        }
        ids
    }
}

impl Item {
    pub(super) fn module(parent: Id, name: &str, path: &str) -> Self {
        Self {
            parent,
            name: name.to_owned(),
            path: path.to_owned(),
            lines: vec![],
            look: None,
            repeat: None,
            order: 0,
            children: vec![],
        }
    }

    pub(super) fn is_module(&self) -> bool {
        self.look.is_none()
    }
}

/// How often each module is applied: the layers of ALBERT are one module, applied twelve times.
struct Applications(BTreeMap<String, usize>);

impl Applications {
    fn new(graph: &CheckedGraph, trace: &Trace) -> Self {
        let mut uses: BTreeMap<usize, usize> = BTreeMap::new();
        for &value in &trace.shown {
            for &input in &graph.node(value).inputs {
                if let Op::Param(index) = graph.node(input).op {
                    *uses.entry(index).or_default() += 1;
                }
            }
        }
        // A module is applied as often as the least used of its parameters.
        let mut least: BTreeMap<String, usize> = BTreeMap::new();
        for (index, count) in uses {
            let mut path = graph.params[index].name.as_str();
            while let Some((above, _)) = path.rsplit_once('.') {
                let known = least.entry(above.to_owned()).or_insert(count);
                *known = count.min(*known);
                path = above;
            }
        }
        Self(least)
    }

    fn count(&self, path: &str) -> usize {
        self.0.get(path).copied().unwrap_or(1)
    }

    /// How many of the bare operations of a module are of one application.
    fn period(&self, path: &str, graph: &CheckedGraph, trace: &Trace) -> usize {
        let all = trace.shown.iter().filter(|&&value| &*graph.node(value).path == path).count();
        let count = self.count(path);
        if count > 1 && all % count == 0 { all / count } else { all }
    }

    /// What a module says of it, unless the module around says it.
    fn label(&self, path: &str) -> Option<String> {
        let around = path.rsplit_once('.').map_or(1, |(above, _)| self.count(above));
        let count = self.count(path);
        (count > 1 && around != count).then(|| format!("× {count}, same weights"))
    }
}
