//! Element-wise operators and reductions.

use super::data_type;
use super::lowering::Lowering;
use crate::engine::onnx::proto::AttributeProto;
use crate::ir::{Binary, Compare, DType, Literal, LiteralData, Reduce, Unary};

impl Lowering<'_> {
    pub fn unary(&mut self, unary: Unary, x: &str) -> String {
        let op = match unary {
            Unary::Neg => "Neg",
            Unary::Abs => "Abs",
            Unary::Exp => "Exp",
            Unary::Log => "Log",
            Unary::Sqrt => "Sqrt",
            Unary::Sin => "Sin",
            Unary::Cos => "Cos",
            Unary::Erf => "Erf",
            Unary::Floor => "Floor",
            Unary::Not => "Not",
            Unary::Softplus => return self.softplus(x),
            Unary::Activation(activation) => return self.activation(activation, x),
        };
        self.op(op, &[x])
    }

    pub fn binary(&mut self, binary: Binary, a: &str, b: &str) -> String {
        let op = match binary {
            Binary::Add => "Add",
            Binary::Sub => "Sub",
            Binary::Mul => "Mul",
            Binary::Div => "Div",
            Binary::Pow => "Pow",
            Binary::Min => "Min",
            Binary::Max => "Max",
            Binary::And => "And",
            Binary::Or => "Or",
        };
        self.op(op, &[a, b])
    }

    pub fn compare(&mut self, compare: Compare, a: &str, b: &str) -> String {
        let op = match compare {
            Compare::Equal => "Equal",
            Compare::Less => "Less",
            Compare::LessOrEqual => "LessOrEqual",
            Compare::Greater => "Greater",
            Compare::GreaterOrEqual => "GreaterOrEqual",
        };
        self.op(op, &[a, b])
    }

    pub fn cast(&mut self, dtype: DType, x: &str) -> String {
        self.node("Cast", &[x], vec![AttributeProto::int("to", i64::from(data_type(dtype)))])
    }

    pub fn reduce(&mut self, kind: Reduce, axes: &[usize], x: &str) -> String {
        let op = match kind {
            Reduce::Sum => "ReduceSum",
            Reduce::Mean => "ReduceMean",
            Reduce::Max => "ReduceMax",
            Reduce::Min => "ReduceMin",
        };
        if axes.is_empty() {
            return x.to_owned();
        }
        let axes: Vec<i64> = axes.iter().map(|&axis| axis as i64).collect();
        let axes = self.ints(&axes);
        self.op(op, &[x, &axes])
    }

    /// Indices of the largest elements along the last axis.
    pub fn top_k(&mut self, count: usize, x: &str) -> String {
        let count = self.ints(&[count as i64]);
        // The values come first.
        self.last_result("TopK", &[x, &count], vec![AttributeProto::int("axis", -1)], 1)
    }

    pub fn literal(&mut self, literal: &Literal) -> String {
        match &literal.data {
            LiteralData::F32(values) => self.floats(&literal.shape, values.iter().copied()),
            LiteralData::I64(values) => {
                self.constant(DType::I64, &literal.shape, super::lowering::int_bytes(values))
            }
            LiteralData::Bool(values) => {
                let bytes = values.iter().map(|&value| u8::from(value)).collect();
                self.constant(DType::Bool, &literal.shape, bytes)
            }
        }
    }
}
