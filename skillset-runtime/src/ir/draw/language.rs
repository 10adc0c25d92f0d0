//! The languages of drawing programs: every node, one cluster a module.
//!
//! Parameters and literals are part of the node that reads them.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use crate::ir::text::{attributes, op_name};
use crate::ir::{CheckedGraph, Op, Value};

pub(super) fn graphviz(f: &mut fmt::Formatter<'_>, graph: &CheckedGraph) -> fmt::Result {
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

pub(super) fn mermaid(f: &mut fmt::Formatter<'_>, graph: &CheckedGraph) -> fmt::Result {
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
    let mut label = op_name(&node.op);
    let own = attributes(graph, &node.op);
    if !own.is_empty() {
        let _ = write!(label, "\n{own}");
    }
    for &input in &node.inputs {
        if let source @ (Op::Param(_) | Op::Constant(_)) = &graph.node(input).op {
            let _ = write!(label, "\n{} {}", attributes(graph, source), graph.fact(input));
        }
    }
    label
}
