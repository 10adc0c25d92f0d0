//! Graphs as drawings: Graphviz and Mermaid source, one cluster a module.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::{CheckedGraph, Op, Value};

/// A drawing of a graph; parameters and literals are part of the node that reads them.
#[derive(Clone, Copy, Debug)]
pub enum Drawing<'a> {
    /// The language of Graphviz's `dot`.
    Graphviz(&'a CheckedGraph),
    /// A Mermaid flowchart.
    Mermaid(&'a CheckedGraph),
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Graphviz(graph) => graphviz(f, graph),
            Self::Mermaid(graph) => mermaid(f, graph),
        }
    }
}

fn graphviz(f: &mut fmt::Formatter<'_>, graph: &CheckedGraph) -> fmt::Result {
    writeln!(f, "digraph {:?} {{", graph.name)?;
    writeln!(f, "  node [shape=box, style=rounded, fontname=\"sans-serif\"];")?;
    for (position, (path, values)) in modules(graph).iter().enumerate() {
        let indent = if path.is_empty() { "  " } else { "    " };
        if !path.is_empty() {
            writeln!(f, "  subgraph cluster_{position} {{\n    label={path:?};")?;
        }
        for &value in values {
            writeln!(f, "{indent}v{} [label={:?}];", value.index(), label(graph, value))?;
        }
        if !path.is_empty() {
            writeln!(f, "  }}")?;
        }
    }
    for (from, to) in edges(graph) {
        writeln!(f, "  v{} -> v{} [label=\"{}\"];", from.index(), to.index(), graph.fact(from))?;
    }
    for output in &graph.outputs {
        writeln!(
            f,
            "  {:?} [shape=ellipse];\n  v{} -> {:?};",
            output.name,
            output.value.index(),
            output.name
        )?;
    }
    writeln!(f, "}}")
}

fn mermaid(f: &mut fmt::Formatter<'_>, graph: &CheckedGraph) -> fmt::Result {
    writeln!(f, "flowchart TD")?;
    for (position, (path, values)) in modules(graph).iter().enumerate() {
        if !path.is_empty() {
            writeln!(f, "  subgraph m{position} [\"{path}\"]")?;
        }
        for &value in values {
            writeln!(f, "    v{}[\"{}\"]", value.index(), label(graph, value).replace('\n', "<br>"))?;
        }
        if !path.is_empty() {
            writeln!(f, "  end")?;
        }
    }
    for (from, to) in edges(graph) {
        writeln!(f, "  v{} --> v{}", from.index(), to.index())?;
    }
    for (position, output) in graph.outputs.iter().enumerate() {
        writeln!(f, "  v{} --> o{position}([\"{}\"])", output.value.index(), output.name)?;
    }
    Ok(())
}

/// Values to draw by the path of their module.
fn modules(graph: &CheckedGraph) -> BTreeMap<&str, Vec<Value>> {
    let mut modules: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for value in graph.values().filter(|&value| is_drawn(graph, value)) {
        modules.entry(&graph.node(value).path).or_default().push(value);
    }
    modules
}

fn edges(graph: &CheckedGraph) -> impl Iterator<Item = (Value, Value)> {
    let to = graph.values().filter(|&value| is_drawn(graph, value));
    to.flat_map(move |to| {
        let from = graph.node(to).inputs.iter().copied().filter(|&from| is_drawn(graph, from));
        from.map(move |from| (from, to))
    })
}

fn is_drawn(graph: &CheckedGraph, value: Value) -> bool {
    !matches!(graph.node(value).op, Op::Param(_) | Op::Constant(_))
}

fn label(graph: &CheckedGraph, value: Value) -> String {
    let node = graph.node(value);
    let mut label = super::text::op_name(&node.op);
    let attributes = super::text::attributes(graph, &node.op);
    if !attributes.is_empty() {
        let _ = write!(label, "\n{attributes}");
    }
    for &input in &node.inputs {
        if let source @ (Op::Param(_) | Op::Constant(_)) = &graph.node(input).op {
            let _ = write!(label, "\n{} {}", super::text::attributes(graph, source), graph.fact(input));
        }
    }
    label
}
