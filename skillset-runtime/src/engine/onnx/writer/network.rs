//! Linear layers, convolutions and normalisations.

use super::WriteError;
use super::lowering::Lowering;
use crate::engine::onnx::proto::AttributeProto;
use crate::ir::{Conv, ConvTranspose, Dim, GroupNorm, Linear, MaxPool, Norm, Reduce};

impl Lowering<'_> {
    /// `x · weightᵀ + bias` of shapes `[x, weight]` by Gemm, which takes the weight as checkpoints store it.
    ///
    /// Against a transposition that is folded when a session is made, and a product and a sum, this loads
    /// faster and in less memory (packed from the mapped file, without a transposed copy), and runs no slower.
    pub fn linear(
        &mut self,
        linear: &Linear,
        inputs: &[&str],
        [from, weight]: [&[Dim]; 2],
    ) -> Result<String, WriteError> {
        let out = weight[usize::from(linear.transposed)].clone();
        let (width, leading) = from.split_last().expect("a linear layer's input has an axis");
        let rows = leading.iter().cloned().fold(Dim::from(1), |rows, dim| rows * dim);
        let flat = self.reshape(inputs[0], from, &[rows.clone(), width.clone()])?;
        let inputs = [&[flat.as_str()], &inputs[1..]].concat();
        let transposed = AttributeProto::int("transB", i64::from(!linear.transposed));
        let sum = self.node("Gemm", &inputs, vec![transposed]);
        let sum = self.reshape(&sum, &[rows, out.clone()], &[leading, &[out]].concat())?;
        Ok(match linear.activation {
            Some(activation) => self.activation(activation, &sum),
            None => sum,
        })
    }

    pub fn max_pool(&mut self, pool: &MaxPool, x: &str) -> String {
        let attributes = vec![
            AttributeProto::ints("kernel_shape", pool.kernel),
            AttributeProto::ints("strides", pool.stride),
            AttributeProto::ints("pads", pool.padding.iter().chain(&pool.padding).copied()),
        ];
        self.node("MaxPool", &[x], attributes)
    }

    pub fn conv(&mut self, conv: &Conv, inputs: &[&str]) -> String {
        let Conv { stride, padding, dilation, groups, activation } = conv;
        let attributes = vec![
            AttributeProto::ints("strides", stride.iter().copied()),
            AttributeProto::ints("pads", pads(padding)),
            AttributeProto::ints("dilations", dilation.iter().copied()),
            AttributeProto::int("group", *groups as i64),
        ];
        let sum = self.node("Conv", inputs, attributes);
        activation.map_or_else(|| sum.clone(), |activation| self.activation(activation, &sum))
    }

    pub fn conv_transpose(&mut self, conv: &ConvTranspose, inputs: &[&str]) -> String {
        let ConvTranspose { stride, padding, output_padding, dilation, groups } = conv;
        let attributes = vec![
            AttributeProto::ints("strides", stride.iter().copied()),
            AttributeProto::ints("pads", pads(padding)),
            AttributeProto::ints("output_padding", output_padding.iter().copied()),
            AttributeProto::ints("dilations", dilation.iter().copied()),
            AttributeProto::int("group", *groups as i64),
        ];
        self.node("ConvTranspose", inputs, attributes)
    }

    /// By InstanceNormalization, for which ONNX Runtime has a kernel on every device, of groups laid out as channels.
    pub fn group_norm(
        &mut self,
        norm: &GroupNorm,
        inputs: &[&str],
        shape: &[Dim],
    ) -> Result<String, WriteError> {
        let (x, groups) = (inputs[0], norm.groups);
        let normalise = |g: &mut Self, x: &str, weight: &str, bias: &str| {
            g.node(
                "InstanceNormalization",
                &[x, weight, bias],
                vec![AttributeProto::float("epsilon", norm.eps)],
            )
        };
        let (batch, channels) = (shape[0].clone(), shape[1].clone());
        if channels == Dim::from(groups) {
            return Ok(normalise(self, x, inputs[1], inputs[2]));
        }
        let size = shape[2..].iter().fold(channels.clone() / groups, |size, dim| size * dim.clone());
        let grouped = [batch, groups.into(), size];
        let x = self.reshape(x, shape, &grouped)?;
        let (ones, zeros) =
            (self.floats(&[groups], vec![1.0; groups]), self.floats(&[groups], vec![0.0; groups]));
        let normal = normalise(self, &x, &ones, &zeros);
        let normal = self.reshape(&normal, &grouped, shape)?;
        let scales = [std::slice::from_ref(&channels), &vec![Dim::from(1); shape.len() - 2][..]].concat();
        let weight = self.reshape(inputs[1], std::slice::from_ref(&channels), &scales)?;
        let bias = self.reshape(inputs[2], &[channels], &scales)?;
        let scaled = self.op("Mul", &[&normal, &weight]);
        Ok(self.op("Add", &[&scaled, &bias]))
    }

    /// ONNX requires a scale; where the layer has none, it is a vector of ones.
    pub fn layer_norm(&mut self, norm: &Norm, inputs: &[&str], shape: &[Dim]) -> Result<String, WriteError> {
        let attributes = vec![AttributeProto::int("axis", -1), AttributeProto::float("epsilon", norm.eps)];
        if let ([x], Some(width)) = (inputs, shape.last()) {
            let one = self.floats(&[1], [1.0]);
            let ones = self.expand(&one, &[1.into()], std::slice::from_ref(width))?;
            return Ok(self.node("LayerNormalization", &[x, &ones], attributes));
        }
        Ok(self.node("LayerNormalization", inputs, attributes))
    }

    /// Spelled as ONNX Runtime's `SimplifiedLayerNormFusion` wants to see it.
    pub fn rms_norm(&mut self, norm: &Norm, inputs: &[&str], shape: &[Dim]) -> String {
        let (two, eps) = (self.scalar(2.0), self.scalar(norm.eps));
        let square = self.op("Pow", &[inputs[0], &two]);
        let mean = self.reduce(Reduce::Mean, &[shape.len() - 1], &square);
        let mean = self.op("Add", &[&mean, &eps]);
        let root = self.op("Sqrt", &[&mean]);
        let normal = self.op("Div", &[inputs[0], &root]);
        match inputs.get(1) {
            Some(weight) => self.op("Mul", &[&normal, weight]),
            None => normal,
        }
    }
}

/// Padding in ONNX's order: before on every axis, then after.
fn pads(padding: &[[usize; 2]]) -> impl Iterator<Item = usize> {
    [0, 1].into_iter().flat_map(move |side| padding.iter().map(move |padding| padding[side]))
}
