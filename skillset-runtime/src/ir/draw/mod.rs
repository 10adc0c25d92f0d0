//! Graphs as drawings.

mod edges;
mod fold;
mod label;
mod language;
mod layout;
mod outline;
mod svg;
#[cfg(test)]
mod tests;
mod trace;

use std::fmt;

use super::CheckedGraph;

/// A drawing of a graph.
#[derive(Clone, Copy, Debug)]
pub enum Drawing<'a> {
    /// The language of Graphviz's `dot`: every node.
    Graphviz(&'a CheckedGraph),
    /// A Mermaid flowchart: every node.
    Mermaid(&'a CheckedGraph),
    /// An SVG element: modules by checkpoint path, equal layers once. Its colours are CSS variables with defaults.
    Svg(&'a CheckedGraph),
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Graphviz(graph) => language::graphviz(f, graph),
            Self::Mermaid(graph) => language::mermaid(f, graph),
            Self::Svg(graph) => {
                let mut outline = outline::Outline::new(graph);
                fold::fold(&mut outline);
                svg::write_svg(f, graph, &outline, &layout::lay_out(&outline))
            }
        }
    }
}
