//! Convolutions.

use crate::ir::{Conv, ConvTranspose, Dim, Literal, LiteralData, Scope, Value};

pub(super) fn decompose(g: &Scope, conv: &Conv, inputs: &[Value]) -> Value {
    let plain = Conv { activation: None, ..conv.clone() };
    let sum = g.apply_conv(plain, inputs[0], inputs[1], inputs.get(2).copied());
    conv.activation.map_or(sum, |activation| g.activation(sum, activation))
}

/// The convolution, by turned kernels, of the input with zeros between and around its places.
pub(super) fn transposed(g: &Scope, conv: &ConvTranspose, inputs: &[Value]) -> Value {
    let mut x = inputs[0];
    let kernels: Option<Vec<usize>> = g.shape(inputs[1])[2..].iter().map(Dim::as_size).collect();
    let Some(kernels) = kernels else { return x };
    let mut padding = vec![];
    for (axis, kernel) in kernels.iter().enumerate() {
        x = spread(g, x, 2 + axis, conv.stride[axis]);
        let around = (kernel - 1) * conv.dilation[axis];
        let [before, after] = conv.padding[axis];
        // Where more is cut off than kernels reach, places of the input are.
        let [first, last] = [before, after].map(|cut| cut.saturating_sub(around));
        let end = g.dim(x, 2 + axis as isize) - Dim::from(last);
        x = g.slice(x, 2 + axis as isize, first, end);
        padding
            .push([around.saturating_sub(before), around.saturating_sub(after) + conv.output_padding[axis]]);
    }
    let plain =
        Conv { padding, dilation: conv.dilation.clone(), groups: conv.groups, ..Conv::new(kernels.len()) };
    g.apply_conv(plain, x, turned(g, inputs[1], conv.groups, &kernels), inputs.get(2).copied())
}

/// `x` with `stride - 1` zeros between neighbours on `axis`.
fn spread(g: &Scope, x: Value, axis: usize, stride: usize) -> Value {
    if stride == 1 {
        return x;
    }
    let (mut shape, at) = (g.shape(x), axis as isize);
    let length = shape[axis].clone();
    let first = g.unsqueeze(x, at + 1);
    let mut zeros = g.shape(first);
    zeros[axis + 1] = Dim::from(stride - 1);
    let zeros = g.expand(g.constant(Literal::scalar(0.0)), &zeros);
    shape[axis] = length.clone() * Dim::from(stride);
    let spread = g.reshape(g.concat(first, zeros, at + 1), &shape);
    g.slice(spread, at, 0, (length - Dim::from(1)) * Dim::from(stride) + Dim::from(1))
}

/// Kernels `[c, o/groups, …]` as `[o, c/groups, …]`, from the last tap to the first.
fn turned(g: &Scope, weight: Value, groups: usize, kernels: &[usize]) -> Value {
    let shape = g.shape(weight);
    let (channels, out) = (shape[0].clone() / groups, shape[1].clone());
    let split = [&[groups.into(), channels.clone(), out.clone()], &shape[2..]].concat();
    let order: Vec<usize> = [0, 2, 1].into_iter().chain(3..split.len()).collect();
    let swapped = g.transpose(g.reshape(weight, &split), &order);
    let joined = [&[out * Dim::from(groups), channels], &shape[2..]].concat();
    let swapped = g.reshape(swapped, &joined);
    kernels.iter().enumerate().fold(swapped, |weight, (axis, &taps)| {
        let backwards: Vec<i64> = (0..taps as i64).rev().collect();
        let backwards = Literal { shape: vec![taps], data: LiteralData::I64(backwards.into()) };
        g.gather(weight, 2 + axis as isize, g.constant(backwards))
    })
}
