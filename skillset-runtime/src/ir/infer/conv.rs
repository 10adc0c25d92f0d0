//! Types of convolutions.

use super::network::with_optional;
use super::{InferError, alike, float, has_rank, same};
use crate::ir::{Conv, ConvTranspose, Dim, Fact};

pub(super) fn conv(conv: &Conv, inputs: &[&Fact]) -> Result<Fact, InferError> {
    let axes = axes(&conv.stride, [conv.padding.len(), conv.dilation.len()])?;
    let (x, weight, bias) = operands(axes, inputs)?;
    let (out, channels) = (&weight.shape[0], &weight.shape[1]);
    same("channels", &x.shape[1], &(channels.clone() * Dim::from(conv.groups)))?;
    whole_groups("kernels", out, conv.groups)?;
    has_bias(bias, x, out)?;
    let mut shape = vec![x.shape[0].clone(), out.clone()];
    for axis in 0..axes {
        let reach = reach(weight, axis, conv.stride[axis], conv.dilation[axis])?;
        let [before, after] = conv.padding[axis];
        let length = x.shape[2 + axis].clone() + Dim::from(before + after) - Dim::from(reach);
        if length.as_constant().is_some_and(|length| length < 0) {
            return Err(InferError::Shape(format!("kernel {weight} is larger than {x}")));
        }
        shape.push(length.floor_div(conv.stride[axis] as i64) + Dim::from(1));
    }
    Ok(Fact::new(x.dtype, shape))
}

pub(super) fn conv_transpose(conv: &ConvTranspose, inputs: &[&Fact]) -> Result<Fact, InferError> {
    let lengths = [conv.padding.len(), conv.dilation.len(), conv.output_padding.len()];
    let axes = axes(&conv.stride, lengths)?;
    let (x, weight, bias) = operands(axes, inputs)?;
    let (channels, out) = (&weight.shape[0], weight.shape[1].clone() * Dim::from(conv.groups));
    same("channels", &x.shape[1], channels)?;
    whole_groups("channels", channels, conv.groups)?;
    has_bias(bias, x, &out)?;
    let mut shape = vec![x.shape[0].clone(), out];
    for axis in 0..axes {
        let (stride, more) = (conv.stride[axis], conv.output_padding[axis]);
        let reach = reach(weight, axis, stride, conv.dilation[axis])?;
        if more >= stride.max(conv.dilation[axis]) {
            return Err(InferError::Shape(format!(
                "an output padding of {more} is not below stride or dilation"
            )));
        }
        let [before, after] = conv.padding[axis];
        let steps = (x.shape[2 + axis].clone() - Dim::from(1)) * Dim::from(stride);
        let length = steps + Dim::from(reach + more) - Dim::from(before + after);
        if length.as_constant().is_some_and(|length| length < 1) {
            return Err(InferError::Shape(format!("padding leaves nothing of {x}")));
        }
        shape.push(length);
    }
    Ok(Fact::new(x.dtype, shape))
}

/// How many spatial axes there are, for each of which every attribute has an entry.
fn axes<const N: usize>(stride: &[usize], others: [usize; N]) -> Result<usize, InferError> {
    let axes = stride.len();
    if (1..=2).contains(&axes) && others == [axes; N] {
        return Ok(axes);
    }
    Err(InferError::Shape(format!("expected attributes for one or two axes, found {axes} and {others:?}")))
}

type Operands<'a> = (&'a Fact, &'a Fact, Option<&'a Fact>);

fn operands<'a>(axes: usize, inputs: &[&'a Fact]) -> Result<Operands<'a>, InferError> {
    let (x, weight, bias) = with_optional(inputs)?;
    float(0, x)?;
    has_rank(x, 2 + axes)?;
    alike(1, weight, x)?;
    has_rank(weight, 2 + axes)?;
    Ok((x, weight, bias))
}

fn has_bias(bias: Option<&Fact>, x: &Fact, out: &Dim) -> Result<(), InferError> {
    let Some(bias) = bias else { return Ok(()) };
    alike(2, bias, x)?;
    has_rank(bias, 1)?;
    same("bias size", &bias.shape[0], out)
}

fn whole_groups(what: &str, count: &Dim, groups: usize) -> Result<(), InferError> {
    match count.as_size() {
        Some(count) if groups > 0 && count.is_multiple_of(groups) => Ok(()),
        _ => Err(InferError::Shape(format!("{count} {what} cannot be split into {groups} groups"))),
    }
}

/// Places from a kernel's first tap to its last one, both included.
fn reach(weight: &Fact, axis: usize, stride: usize, dilation: usize) -> Result<usize, InferError> {
    let Some(kernel) = weight.shape[2 + axis].as_size() else {
        return Err(InferError::Shape(format!("kernel size is not fixed: {weight}")));
    };
    if stride == 0 || kernel == 0 || dilation == 0 {
        return Err(InferError::Shape("kernel, stride and dilation are at least 1".into()));
    }
    Ok((kernel - 1) * dilation + 1)
}
