//! What a drawn node says.

use crate::ir::text::op_name;
use crate::ir::{Binary, CheckedGraph, Op, Unary, Value};

use super::trace::Trace;

/// The look of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    /// An argument or result of the graph.
    Port,
    /// A module with weights.
    Layer,
    /// A table of vectors.
    Embedding,
    /// A normalisation.
    Norm,
    /// Attention.
    Attention,
    /// Arithmetic without weights.
    Plain,
}

impl Look {
    /// The name of its CSS class.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Port => "port",
            Self::Layer => "layer",
            Self::Embedding => "embedding",
            Self::Norm => "norm",
            Self::Attention => "attention",
            Self::Plain => "plain",
        }
    }
}

/// The look and the lines of a node.
pub(super) fn describe(graph: &CheckedGraph, trace: &Trace, value: Value) -> (Look, Vec<String>) {
    let node = graph.node(value);
    let sizes = |position: usize| -> Vec<String> {
        let fact = node.inputs.get(position).map(|&input| graph.fact(input));
        fact.map(|fact| fact.shape.iter().map(ToString::to_string).collect()).unwrap_or_default()
    };
    let result = graph.fact(value).shape.last().map(ToString::to_string).unwrap_or_default();
    match &node.op {
        Op::Linear(linear) => {
            let from = sizes(0).pop().unwrap_or_default();
            let mut lines = vec![format!("Linear {from} → {result}")];
            lines.extend(linear.activation.map(|activation| activation.to_string()));
            (Look::Layer, lines)
        }
        Op::LayerNorm(_) => (Look::Norm, vec![format!("LayerNorm {result}")]),
        Op::RmsNorm(_) => (Look::Norm, vec![format!("RMSNorm {result}")]),
        Op::BatchNorm(_) => (Look::Norm, vec![format!("BatchNorm {}", sizes(1).join(" × "))]),
        Op::MaxPool(pool) => {
            let size = |[height, width]: [usize; 2]| format!("{height} × {width}");
            (
                Look::Plain,
                vec![format!("max pool {}", size(pool.kernel)), format!("stride {}", size(pool.stride))],
            )
        }
        Op::Attention(attention) => {
            let (query, key) = (sizes(0), sizes(1));
            let size = |sizes: &[String], axis: usize| sizes.get(axis).cloned().unwrap_or_default();
            let (heads, width, key_heads) = (size(&query, 1), size(&query, 3), size(&key, 1));
            let mut lines = vec!["attention".to_owned(), format!("{heads} heads × {width}")];
            if key_heads != heads {
                lines.push(format!("{key_heads} key heads"));
            }
            let kinds = [
                attention.causal.then(|| "causal".to_owned()),
                attention.window.map(|window| format!("window {window}")),
                attention.softcap.map(|cap| format!("soft cap {cap}")),
            ];
            let kinds: Vec<String> = kinds.into_iter().flatten().collect();
            lines.extend((!kinds.is_empty()).then(|| kinds.join(", ")));
            (Look::Attention, lines)
        }
        Op::Gather { .. } if node.inputs.first().is_some_and(|&table| trace.is_weight(table)) => {
            (Look::Embedding, vec![format!("Embedding {}", sizes(0).join(" × "))])
        }
        Op::GroupNorm(norm) => {
            let channels = sizes(1).pop().unwrap_or_default();
            (Look::Norm, vec![format!("GroupNorm {channels}"), format!("{} groups", norm.groups)])
        }
        Op::Conv(conv) => {
            let (image, kernel) = (sizes(0), sizes(1));
            let channels = |sizes: &[String], axis: usize| sizes.get(axis).cloned().unwrap_or_default();
            let (from, to) = (channels(&image, 1), channels(&kernel, 0));
            let by = |sizes: &[String]| sizes.join(" × ");
            let stride: Vec<String> = conv.stride.iter().map(ToString::to_string).collect();
            let taps = by(kernel.get(2..).unwrap_or_default());
            let mut lines = vec![
                format!("Conv{}d {from} → {to}", stride.len()),
                format!("{taps}, stride {}", by(&stride)),
            ];
            lines.extend((conv.groups > 1).then(|| format!("{} groups", conv.groups)));
            lines.extend(conv.activation.map(|activation| activation.to_string()));
            (Look::Layer, lines)
        }
        op => {
            let symbol = match op {
                Op::Binary(Binary::Add) => "+".to_owned(),
                Op::Binary(Binary::Sub) => "−".to_owned(),
                Op::Binary(Binary::Mul) => "×".to_owned(),
                Op::Binary(Binary::Div) => "÷".to_owned(),
                Op::Unary(Unary::Activation(activation)) => activation.to_string(),
                op => op_name(op).replace('_', " "),
            };
            let names = node.inputs.iter().filter(|&&input| trace.is_weight(input));
            let names: Vec<String> = names.filter_map(|&input| param_name(graph, input)).collect();
            let look = if names.is_empty() { Look::Plain } else { Look::Layer };
            let text = std::iter::once(symbol).chain(names).collect::<Vec<_>>().join(" ");
            (look, vec![text])
        }
    }
}

/// The last part of the name of the parameter that a weight is made of.
fn param_name(graph: &CheckedGraph, weight: Value) -> Option<String> {
    let node = graph.node(weight);
    match &node.op {
        Op::Param(index) => graph.params[*index].name.rsplit('.').next().map(str::to_owned),
        _ => node.inputs.iter().find_map(|&input| param_name(graph, input)),
    }
}
