//! Shape and type inference: the meaning of each operation on types.

mod arithmetic;
mod conv;
mod image;
mod layout;
mod network;
mod scan;
mod source;

use super::{DType, Dim, Fact, Graph, Op};

/// An operation that cannot be applied to what it is given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InferError {
    /// Another number of inputs than the operation takes.
    #[error("expected {expected} inputs, found {found}")]
    Arity {
        /// How many it takes.
        expected: &'static str,
        /// How many there are.
        found: usize,
    },
    /// An element type that the operation does not take.
    #[error("input {input}: expected {expected}, found {found}")]
    Type {
        /// Which input.
        input: usize,
        /// What it takes.
        expected: &'static str,
        /// What is there.
        found: Fact,
    },
    /// Shapes that do not go together.
    #[error("{0}")]
    Shape(String),
}

/// The type of the result of `op` in `graph` on inputs of types `inputs`.
pub(super) fn infer(graph: &Graph, op: &Op, inputs: &[&Fact]) -> Result<Fact, InferError> {
    match op {
        Op::Input(index) => Ok(declared(&graph.inputs, *index)?.fact.clone()),
        Op::State(index) => Ok(declared(&graph.states, *index)?.fact.clone()),
        Op::Param(index) => source::param(declared(&graph.params, *index)?, graph.float),
        Op::Constant(literal) => source::constant(literal, graph.float),
        Op::Iota { len, .. } => Ok(Fact::new(DType::I64, [len.clone()])),
        Op::Size(_) => Ok(Fact::new(DType::I64, [])),

        Op::Unary(unary) => arithmetic::unary(*unary, one(inputs)?),
        Op::Binary(binary) => arithmetic::binary(*binary, two(inputs)?),
        Op::Compare(_) => arithmetic::compare(two(inputs)?),
        Op::Select => arithmetic::select(three(inputs)?),
        Op::Cast(dtype) => Ok(Fact::new(*dtype, one(inputs)?.shape.clone())),
        Op::Reduce { axes, .. } => arithmetic::reduce(axes, one(inputs)?),
        Op::ArgMax { axis } => arithmetic::arg_max(*axis, one(inputs)?),
        Op::TopK { count } => arithmetic::top_k(*count, one(inputs)?),
        Op::Softmax { axis } => {
            let x = one(inputs)?;
            float(0, x)?;
            has_axis(x, *axis)?;
            Ok(x.clone())
        }
        Op::CumSum { axis } => {
            let x = one(inputs)?;
            has_axis(x, *axis)?;
            Ok(x.clone())
        }

        Op::Reshape(shape) => layout::reshape(shape, one(inputs)?),
        Op::Transpose(order) => layout::transpose(order, one(inputs)?),
        Op::Expand(shape) => layout::expand(shape, one(inputs)?),
        Op::Concat { axis } => layout::concat(*axis, inputs),
        Op::Slice { axis, start, end } => layout::slice(*axis, start, end, one(inputs)?),
        Op::Gather { axis } => layout::gather(*axis, two(inputs)?),
        Op::GatherElements { axis } => layout::gather_elements(*axis, two(inputs)?),

        Op::MatMul => network::matmul(two(inputs)?),
        Op::Conv(conv) => conv::conv(conv, inputs),
        Op::ConvTranspose(conv) => conv::conv_transpose(conv, inputs),
        Op::MaxPool(pool) => image::max_pool(pool, one(inputs)?),
        Op::GridSample => image::grid_sample(two(inputs)?),
        Op::DeformableAttention(attention) => image::deformable_attention(attention, three(inputs)?),
        Op::Linear(linear) => network::linear(linear, inputs),
        Op::LayerNorm(_) => network::norm(inputs, 3),
        Op::RmsNorm(_) => network::norm(inputs, 2),
        Op::BatchNorm(_) => image::batch_norm(inputs),
        Op::GroupNorm(norm) => network::group_norm(norm, three(inputs)?),
        Op::Attention(attention) => network::attention(attention, inputs),
        Op::Rotary(_) => network::rotary(three(inputs)?),
        Op::Experts(_) => network::experts(inputs),
        Op::CacheAppend => network::cache_append(two(inputs)?),
        Op::SelectiveScan => scan::selective_scan(inputs),
    }
}

/// The entry of a graph's list that a source refers to.
fn declared<T>(list: &[T], index: usize) -> Result<&T, InferError> {
    list.get(index).ok_or_else(|| {
        InferError::Shape(format!("there is no source {index}, the graph has {} of its kind", list.len()))
    })
}

fn one<'a>(inputs: &[&'a Fact]) -> Result<&'a Fact, InferError> {
    match inputs {
        [x] => Ok(x),
        _ => Err(InferError::Arity { expected: "1", found: inputs.len() }),
    }
}

fn two<'a>(inputs: &[&'a Fact]) -> Result<[&'a Fact; 2], InferError> {
    inputs.try_into().map_err(|_| InferError::Arity { expected: "2", found: inputs.len() })
}

fn three<'a>(inputs: &[&'a Fact]) -> Result<[&'a Fact; 3], InferError> {
    inputs.try_into().map_err(|_| InferError::Arity { expected: "3", found: inputs.len() })
}

fn float(input: usize, fact: &Fact) -> Result<(), InferError> {
    typed(input, fact, "a float", fact.dtype.is_float())
}

fn integer(input: usize, fact: &Fact) -> Result<(), InferError> {
    typed(input, fact, "i64", fact.dtype == DType::I64)
}

fn boolean(input: usize, fact: &Fact) -> Result<(), InferError> {
    typed(input, fact, "bool", fact.dtype == DType::Bool)
}

fn typed(input: usize, fact: &Fact, expected: &'static str, holds: bool) -> Result<(), InferError> {
    if holds { Ok(()) } else { Err(InferError::Type { input, expected, found: fact.clone() }) }
}

/// Whether input `input` has the element type of input 0, which is `first`.
fn alike(input: usize, fact: &Fact, first: &Fact) -> Result<(), InferError> {
    typed(input, fact, "the type of input 0", fact.dtype == first.dtype)
}

fn has_axis(fact: &Fact, axis: usize) -> Result<(), InferError> {
    if axis < fact.rank() {
        Ok(())
    } else {
        Err(InferError::Shape(format!("there is no axis {axis} in {fact}")))
    }
}

fn has_rank(fact: &Fact, rank: usize) -> Result<(), InferError> {
    if fact.rank() == rank {
        Ok(())
    } else {
        Err(InferError::Shape(format!("expected {rank} axes, found {fact}")))
    }
}

fn same(what: &str, a: &Dim, b: &Dim) -> Result<(), InferError> {
    if a == b { Ok(()) } else { Err(InferError::Shape(format!("{what} differs: {a} and {b}"))) }
}

/// The shape that two shapes broadcast to, as in NumPy: a known 1 stretches, else sizes are equal.
fn broadcast(a: &[Dim], b: &[Dim]) -> Result<Vec<Dim>, InferError> {
    let one = Dim::from(1);
    let rank = a.len().max(b.len());
    let at = |shape: &[Dim], axis: usize| {
        (axis + shape.len()).checked_sub(rank).map_or(one.clone(), |axis| shape[axis].clone())
    };
    let join = |axis| {
        let (x, y) = (at(a, axis), at(b, axis));
        match (x == y || y == one, x == one) {
            (true, _) => Ok(x),
            (_, true) => Ok(y),
            _ => Err(InferError::Shape(format!(
                "{} and {} do not broadcast",
                Fact::new(DType::F32, a),
                Fact::new(DType::F32, b)
            ))),
        }
    };
    (0..rank).map(join).collect()
}
