//! Graphs as text: one line a value, for reading and for snapshot tests.

use std::fmt::{self, Write};

use super::{CheckedGraph, Dim, Literal, LiteralData, Node, Op};

/// The operation's name, without attributes.
pub(super) fn op_name(op: &Op) -> String {
    let name = match op {
        Op::Unary(unary) => match unary {
            super::Unary::Activation(activation) => return activation.to_string(),
            unary => format!("{unary:?}"),
        },
        Op::Binary(binary) => format!("{binary:?}"),
        Op::Compare(compare) => format!("{compare:?}"),
        Op::Reduce { kind, .. } => format!("Reduce{kind:?}"),
        op => {
            let debug = format!("{op:?}");
            debug.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
        }
    };
    snake_case(&name)
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (position, c) in name.chars().enumerate() {
        if c.is_uppercase() && position > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// What an operation says beyond its name and inputs; empty if nothing.
pub(super) fn attributes(graph: &CheckedGraph, op: &Op) -> String {
    match op {
        Op::Input(index) => graph.inputs[*index].name.clone(),
        Op::Param(index) => graph.params[*index].name.clone(),
        Op::State(index) => graph.states[*index].name.clone(),
        Op::Constant(literal) => literal_text(literal),
        Op::Iota { start, len } => format!("start={start} len={len}"),
        Op::Size(dim) => dim.to_string(),
        Op::Cast(dtype) => dtype.to_string(),
        Op::Reshape(shape) | Op::Expand(shape) => shape_text(shape),
        Op::Transpose(order) => format!("{order:?}"),
        Op::Concat { axis } | Op::Gather { axis } | Op::GatherElements { axis } => format!("axis={axis}"),
        Op::ArgMax { axis } | Op::Softmax { axis } | Op::CumSum { axis } => format!("axis={axis}"),
        Op::Slice { axis, start, end } => format!("axis={axis} {start}..{end}"),
        Op::Reduce { axes, .. } => format!("axes={axes:?}"),
        Op::Conv(conv) => {
            let mut text = format!(
                "stride={:?} padding={:?} dilation={:?} groups={}",
                conv.stride, conv.padding, conv.dilation, conv.groups
            );
            if let Some(activation) = conv.activation {
                let _ = write!(text, " activation={activation}");
            }
            text
        }
        Op::ConvTranspose(conv) => format!(
            "stride={:?} padding={:?} output_padding={:?} dilation={:?} groups={}",
            conv.stride, conv.padding, conv.output_padding, conv.dilation, conv.groups
        ),
        Op::Linear(linear) => {
            let mut text = if linear.transposed { "transposed ".to_owned() } else { String::new() };
            if let Some(activation) = linear.activation {
                let _ = write!(text, "activation={activation}");
            }
            text.trim_end().to_owned()
        }
        Op::MaxPool(pool) => {
            format!("kernel={:?} stride={:?} padding={:?}", pool.kernel, pool.stride, pool.padding)
        }
        Op::LayerNorm(norm) | Op::RmsNorm(norm) | Op::BatchNorm(norm) => format!("eps={:e}", norm.eps),
        Op::GroupNorm(norm) => format!("groups={} eps={:e}", norm.groups, norm.eps),
        Op::Attention(a) => {
            let mut text = format!("scale={}", a.scale);
            let flags = [(a.causal, "causal"), (a.bias, "bias"), (a.key_mask, "key_mask")];
            for (_, flag) in flags.iter().filter(|(set, _)| *set) {
                let _ = write!(text, " {flag}");
            }
            if let Some(window) = a.window {
                let _ = write!(text, " window={window}");
            }
            if let Some(softcap) = a.softcap {
                let _ = write!(text, " softcap={softcap}");
            }
            text
        }
        Op::DeformableAttention(attention) => {
            let levels = attention.levels.iter().map(|level| shape_text(level));
            format!("levels={}", levels.collect::<Vec<_>>().join(" "))
        }
        Op::TopK { count } => format!("count={count}"),
        Op::Experts(experts) => format!("activation={}", experts.activation),
        Op::Rotary(rotary) => format!("pairs={:?}", rotary.pairs).to_lowercase(),
        Op::Unary(_)
        | Op::Binary(_)
        | Op::Compare(_)
        | Op::Select
        | Op::MatMul
        | Op::GridSample
        | Op::CacheAppend
        | Op::SelectiveScan => String::new(),
    }
}

fn shape_text(shape: &[Dim]) -> String {
    format!("[{}]", shape.iter().map(Dim::to_string).collect::<Vec<_>>().join(", "))
}

fn literal_text(literal: &Literal) -> String {
    fn some<T: fmt::Debug>(values: &[T]) -> String {
        match values {
            [value] => format!("{value:?}"),
            [a, b, c, _, ..] => format!("[{a:?}, {b:?}, {c:?}, …]"),
            values => format!("{values:?}"),
        }
    }
    match &literal.data {
        LiteralData::F32(values) => some(values),
        LiteralData::I64(values) => some(values),
        LiteralData::Bool(values) => some(values),
    }
}

impl fmt::Display for CheckedGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "graph {:?} ({})", self.name, self.float)?;
        for (value, node) in self.values().zip(&self.nodes) {
            let Node { op, inputs, path } = node;
            write!(f, "  %{} : {} = {}", value.index(), self.fact(value), op_name(op))?;
            for (position, input) in inputs.iter().enumerate() {
                write!(f, "{}%{}", if position == 0 { " " } else { ", " }, input.index())?;
            }
            let attributes = attributes(self, op);
            if !attributes.is_empty() {
                write!(f, " {{{attributes}}}")?;
            }
            if !path.is_empty() && !op.is_source() {
                write!(f, "  # {path}")?;
            }
            writeln!(f)?;
        }
        for state in &self.states {
            if let Some(next) = state.next {
                writeln!(f, "  next {} = %{}", state.next_name, next.index())?;
            }
        }
        for output in &self.outputs {
            writeln!(f, "  output {} = %{}", output.name, output.value.index())?;
        }
        Ok(())
    }
}
