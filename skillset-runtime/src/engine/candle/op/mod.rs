//! Graph operations as candle operations, one file per family.

mod arithmetic;
mod composite;
mod conv;
mod index;
mod integer;
mod layout;
mod pool;
mod reduce;

pub(super) use self::arithmetic::{LAPLACE_MEAN, LAPLACE_SCALE};
use candle_core::{Device, Tensor};

use super::error::Fault;
use super::kernel::memory::Memory;
use super::kernel::norm::Kind;
use super::{convert, kernel};
use crate::ir::{Bindings, DType, Dim, Norm, Op, Reduce, Rotary};

/// What an operation may ask about the run that it is part of.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// Where values live.
    pub device: &'a Device,
    /// The graph's float type.
    pub float: DType,
    /// Whether the kernels of [`kernel`] may be used.
    pub kernels: bool,
    /// What kernels write to.
    pub memory: &'a Memory,
    /// The values of symbols.
    pub bindings: &'a Bindings,
}

impl Context<'_> {
    fn size(&self, dim: &Dim) -> Result<usize, Fault> {
        dim.evaluate(self.bindings)
            .ok_or_else(|| Fault::Reason(format!("the size {dim} is negative or too large for these inputs")))
    }

    /// The sizes of a shape.
    pub(super) fn sizes(&self, shape: &[Dim]) -> Result<Vec<usize>, Fault> {
        shape.iter().map(|dim| self.size(dim)).collect()
    }
}

/// Computes one node. Sources and, outside of kernels, composites are handled by the caller.
pub(super) fn evaluate(context: &Context<'_>, op: &Op, inputs: &[&Tensor]) -> Result<Tensor, Fault> {
    match (op, inputs) {
        (Op::Constant(literal), _) => Ok(convert::literal(literal, context.float, context.device)?),
        (Op::Iota { start, len }, _) => index::iota(context, start, len),
        (Op::Size(dim), _) => Ok(Tensor::new(context.size(dim)? as i64, context.device)?),

        (Op::Unary(unary), [x]) => arithmetic::unary(context, *unary, x),
        (Op::Binary(binary), [a, b]) => arithmetic::binary(context, *binary, a, b),
        (Op::Compare(compare), [a, b]) => arithmetic::compare(*compare, a, b),
        (Op::Select, [condition, then, otherwise]) => arithmetic::select(condition, then, otherwise),
        (Op::Cast(dtype), [x]) => arithmetic::cast(*dtype, x),

        (Op::Reshape(shape), [x]) => Ok(x.reshape(context.sizes(shape)?)?),
        (Op::Transpose(order), [x]) => Ok(x.permute(order.as_slice())?),
        (Op::Expand(shape), [x]) => Ok(x.broadcast_as(context.sizes(shape)?)?),
        (Op::Concat { axis }, inputs) => layout::concat(*axis, inputs),
        (Op::Slice { axis, start, end }, [x]) => {
            layout::slice(*axis, context.size(start)?, context.size(end)?, x)
        }
        (Op::Gather { axis }, [data, indices]) => index::gather(*axis, data, indices),
        (Op::GatherElements { axis }, [data, indices]) => index::gather_elements(*axis, data, indices),

        (Op::Reduce { kind, axes }, [x]) => reduce::reduce(*kind, axes, x),
        (Op::ArgMax { axis }, [x]) => reduce::arg_max(*axis, x),
        (Op::TopK { count }, [x]) => reduce::top_k(*count, x),
        (Op::Softmax { axis }, [x]) => reduce::softmax(context, *axis, x),
        (Op::CumSum { axis }, [x]) => reduce::cumsum(*axis, x),

        (Op::MatMul, [a, b]) => layout::product(a, b),
        (Op::Conv(attributes), [x, weight, bias @ ..]) => conv::conv(attributes, x, weight, bias.first()),
        (Op::ConvTranspose(attributes), [x, weight, bias @ ..]) => {
            conv::conv_transpose(context, attributes, x, weight, bias.first())
        }
        (Op::MaxPool(window), [x]) => pool::max_pool(context, window, x),
        (Op::GridSample, [x, grid]) => kernel::grid_sample::grid_sample(context.memory, x, grid),
        (Op::DeformableAttention(attention), [value, places, weights]) => {
            let levels: Vec<Vec<usize>> =
                attention.levels.iter().map(|level| context.sizes(level)).collect::<Result<_, _>>()?;
            kernel::deformable_attention::deformable_attention(
                context.memory,
                &levels,
                value,
                places,
                weights,
            )
        }
        (Op::Linear(linear), [x, weight, bias @ ..]) => composite::linear(linear, x, weight, bias.first()),
        (Op::LayerNorm(Norm { eps }), [x, scales @ ..]) => kernel::norm::norm(
            context.memory,
            Kind::Layer,
            *eps,
            x,
            scales.first().copied(),
            scales.get(1).copied(),
        ),
        (Op::RmsNorm(Norm { eps }), [x, scales @ ..]) => {
            kernel::norm::norm(context.memory, Kind::Rms, *eps, x, scales.first().copied(), None)
        }
        (Op::GroupNorm(norm), [x, weight, bias]) => {
            kernel::group_norm::group_norm(context.memory, norm, x, weight, bias)
        }
        (Op::Attention(attention), inputs) => kernel::attention::attention(context.memory, attention, inputs),
        (Op::Rotary(Rotary { pairs }), [x, cos, sin]) => {
            kernel::rotary::rotate(context.memory, *pairs, x, cos, sin)
        }
        (Op::SelectiveScan, inputs) => kernel::selective_scan::selective_scan(context.memory, inputs),
        (Op::CacheAppend, [past, new]) => layout::concat(2, &[past, new]),
        _ => Err(Fault::Reason(format!("{op:?} of {} values has no implementation", inputs.len()))),
    }
}

/// The value of a node that reads an empty tensor: candle's operations do not all take those.
///
/// A result without elements needs no work; a product or sum over nothing is zero. `None`: the
/// operation is defined on what is left, or candle says why it is not.
pub(super) fn evaluate_empty(
    context: &Context<'_>,
    op: &Op,
    inputs: &[&Tensor],
    shape: &[Dim],
    dtype: DType,
) -> Result<Option<Tensor>, Fault> {
    if inputs.iter().all(|x| x.elem_count() > 0) {
        return Ok(None);
    }
    let shape = context.sizes(shape)?;
    let sums = matches!(op, Op::MatMul | Op::Attention(_) | Op::Reduce { kind: Reduce::Sum, .. });
    if sums || shape.contains(&0) {
        return Ok(Some(Tensor::zeros(shape, convert::dtype(dtype), context.device)?));
    }
    Ok(None)
}
