//! Linear layers, convolutions and normalisations.

use super::WriteError;
use super::lowering::Lowering;
use crate::engine::onnx::proto::AttributeProto;
use crate::ir::{Conv2d, Dim, Linear, MaxPool, Norm, Reduce};

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

    pub fn conv2d(&mut self, conv: &Conv2d, inputs: &[&str]) -> String {
        let Conv2d { stride, padding, dilation, groups } = conv;
        let attributes = vec![
            AttributeProto::ints("strides", *stride),
            AttributeProto::ints("pads", padding.iter().chain(padding).copied()),
            AttributeProto::ints("dilations", *dilation),
            AttributeProto::int("group", *groups as i64),
        ];
        self.node("Conv", inputs, attributes)
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
