//! Primitive operations as methods.
//!
//! Specs may use every method of this file that takes a value first as a step (`"do": "concat"`).

use super::{Operand, Scope};
use crate::ir::{Activation, Binary, Compare, DType, Dim, Literal, Op, Reduce, Unary, Value};

impl Scope<'_> {
    /// a + b
    pub fn add(&self, a: Value, b: impl Into<Operand>) -> Value {
        self.binary(Binary::Add, a, b)
    }

    /// a − b
    pub fn sub(&self, a: Value, b: impl Into<Operand>) -> Value {
        self.binary(Binary::Sub, a, b)
    }

    /// a · b
    pub fn mul(&self, a: Value, b: impl Into<Operand>) -> Value {
        self.binary(Binary::Mul, a, b)
    }

    /// a / b
    pub fn div(&self, a: Value, b: impl Into<Operand>) -> Value {
        self.binary(Binary::Div, a, b)
    }

    /// aᵇ
    pub fn pow(&self, a: Value, b: impl Into<Operand>) -> Value {
        self.binary(Binary::Pow, a, b)
    }

    /// The smaller of both.
    pub fn min(&self, a: Value, b: impl Into<Operand>) -> Value {
        self.binary(Binary::Min, a, b)
    }

    /// The larger of both.
    pub fn max(&self, a: Value, b: impl Into<Operand>) -> Value {
        self.binary(Binary::Max, a, b)
    }

    /// Both, of `bool`s.
    pub fn and(&self, a: Value, b: Value) -> Value {
        self.push(Op::Binary(Binary::And), [a, b])
    }

    /// An element-wise function.
    pub fn unary(&self, unary: Unary, x: Value) -> Value {
        self.push(Op::Unary(unary), [x])
    }

    /// A nonlinearity; the identity adds no node.
    pub fn activation(&self, x: Value, function: Activation) -> Value {
        if function == Activation::Identity { x } else { self.unary(Unary::Activation(function), x) }
    }

    /// tanh x
    pub fn tanh(&self, x: Value) -> Value {
        self.activation(x, Activation::Tanh)
    }

    /// eˣ
    pub fn exp(&self, x: Value) -> Value {
        self.unary(Unary::Exp, x)
    }

    /// √x
    pub fn sqrt(&self, x: Value) -> Value {
        self.unary(Unary::Sqrt, x)
    }

    /// ln(1 + eˣ)
    pub fn softplus(&self, x: Value) -> Value {
        self.unary(Unary::Softplus, x)
    }

    /// Whether a and b are equal.
    pub fn equal(&self, a: Value, b: impl Into<Operand>) -> Value {
        self.compare(Compare::Equal, a, b)
    }

    /// Whether a and b differ.
    pub fn not_equal(&self, a: Value, b: impl Into<Operand>) -> Value {
        let equal = self.equal(a, b);
        self.unary(Unary::Not, equal)
    }

    /// A comparison.
    pub fn compare(&self, compare: Compare, a: Value, b: impl Into<Operand>) -> Value {
        let b = self.operand(a, b.into());
        self.push(Op::Compare(compare), [a, b])
    }

    /// `then` where `condition` holds, else `otherwise`.
    pub fn where_(&self, condition: Value, then: Value, otherwise: impl Into<Operand>) -> Value {
        let otherwise = self.operand(then, otherwise.into());
        self.push(Op::Select, [condition, then, otherwise])
    }

    /// Conversion; none where the type is right already.
    pub fn cast(&self, x: Value, dtype: DType) -> Value {
        match self.fact(x) {
            Some(fact) if fact.dtype == dtype => x,
            _ => self.push(Op::Cast(dtype), [x]),
        }
    }

    /// `x` as the graph's float type.
    pub fn to_float(&self, x: Value) -> Value {
        let float = self.builder.state.borrow().graph.float;
        self.cast(x, float)
    }

    /// Batched matrix product.
    pub fn matmul(&self, a: Value, b: Value) -> Value {
        self.push(Op::MatMul, [a, b])
    }

    /// New shape over the same elements.
    pub fn reshape(&self, x: Value, shape: &[Dim]) -> Value {
        if self.shape(x) == shape { x } else { self.push(Op::Reshape(shape.to_vec()), [x]) }
    }

    /// Axes in the order given.
    pub fn transpose(&self, x: Value, order: &[usize]) -> Value {
        self.push(Op::Transpose(order.to_vec()), [x])
    }

    /// Broadcast to `shape`.
    pub fn expand(&self, x: Value, shape: &[Dim]) -> Value {
        if self.shape(x) == shape { x } else { self.push(Op::Expand(shape.to_vec()), [x]) }
    }

    /// A new axis of size 1 at `axis`; negative positions count from behind the last axis.
    pub fn unsqueeze(&self, x: Value, axis: isize) -> Value {
        let Some(fact) = self.fact(x) else { return x };
        let rank = fact.rank() as isize + 1;
        let index = if axis < 0 { axis + rank } else { axis };
        if !(0..rank).contains(&index) {
            self.fail(format_args!("no new axis {axis} can stand in {fact}"));
            return x;
        }
        let mut shape = fact.shape;
        shape.insert(index as usize, Dim::from(1));
        self.push(Op::Reshape(shape), [x])
    }

    /// Drops an axis of size 1.
    pub fn squeeze(&self, x: Value, axis: isize) -> Value {
        let axis = self.axis(x, axis);
        let mut shape = self.shape(x);
        if axis < shape.len() {
            shape.remove(axis);
        }
        self.push(Op::Reshape(shape), [x])
    }

    /// `x` and `other` joined along `axis`.
    pub fn concat(&self, x: Value, other: Value, axis: isize) -> Value {
        let axis = self.axis(x, axis);
        self.push(Op::Concat { axis }, [x, other])
    }

    /// The range `start..end` of `axis`.
    pub fn slice(&self, x: Value, axis: isize, start: impl Into<Dim>, end: impl Into<Dim>) -> Value {
        let axis = self.axis(x, axis);
        self.push(Op::Slice { axis, start: start.into(), end: end.into() }, [x])
    }

    /// The entry `index` of `axis`, which is dropped.
    pub fn select(&self, x: Value, axis: isize, index: usize) -> Value {
        let entry = self.slice(x, axis, index, index + 1);
        self.squeeze(entry, axis)
    }

    /// The entries of `x` along `axis` at `indices` of any shape.
    pub fn gather(&self, x: Value, axis: isize, indices: Value) -> Value {
        let axis = self.axis(x, axis);
        self.push(Op::Gather { axis }, [x, indices])
    }

    /// Picks along `axis` element by element.
    pub fn gather_elements(&self, x: Value, axis: isize, indices: Value) -> Value {
        let axis = self.axis(x, axis);
        self.push(Op::GatherElements { axis }, [x, indices])
    }

    /// Mean over `axis`, which is dropped.
    pub fn mean(&self, x: Value, axis: isize) -> Value {
        self.reduce(Reduce::Mean, x, axis)
    }

    /// Sum over `axis`, which is dropped.
    pub fn sum(&self, x: Value, axis: isize) -> Value {
        self.reduce(Reduce::Sum, x, axis)
    }

    /// Largest entry along `axis`, which is dropped.
    pub fn maximum(&self, x: Value, axis: isize) -> Value {
        self.reduce(Reduce::Max, x, axis)
    }

    /// A reduction over `axis`, which is dropped.
    pub fn reduce(&self, kind: Reduce, x: Value, axis: isize) -> Value {
        let index = self.axis(x, axis);
        let reduced = self.push(Op::Reduce { kind, axes: vec![index] }, [x]);
        self.squeeze(reduced, index as isize)
    }

    /// Index of the largest element along `axis`, which is dropped.
    pub fn arg_max(&self, x: Value, axis: isize) -> Value {
        let axis = self.axis(x, axis);
        self.push(Op::ArgMax { axis }, [x])
    }

    /// Indices of the `count` largest elements along the last axis, the largest first.
    pub fn top_k(&self, x: Value, count: usize) -> Value {
        self.push(Op::TopK { count }, [x])
    }

    /// Softmax along `axis`.
    pub fn softmax(&self, x: Value, axis: isize) -> Value {
        let axis = self.axis(x, axis);
        self.push(Op::Softmax { axis }, [x])
    }

    /// Running sum along `axis`.
    pub fn cumsum(&self, x: Value, axis: isize) -> Value {
        let axis = self.axis(x, axis);
        self.push(Op::CumSum { axis }, [x])
    }

    /// `start, start + 1, …`: `i64[len]`.
    pub fn iota(&self, start: impl Into<Dim>, len: impl Into<Dim>) -> Value {
        self.push(Op::Iota { start: start.into(), len: len.into() }, [])
    }

    /// The value of a dim as an `i64` scalar.
    pub fn size(&self, dim: impl Into<Dim>) -> Value {
        self.push(Op::Size(dim.into()), [])
    }

    fn binary(&self, binary: Binary, a: Value, b: impl Into<Operand>) -> Value {
        let b = self.operand(a, b.into());
        self.push(Op::Binary(binary), [a, b])
    }

    /// A number becomes a literal of the type of `like`.
    fn operand(&self, like: Value, operand: Operand) -> Value {
        match operand {
            Operand::Value(value) => value,
            Operand::Number(number) => {
                let integer = self.fact(like).is_some_and(|fact| fact.dtype == DType::I64);
                self.constant(if integer { Literal::integer(number as i64) } else { Literal::scalar(number) })
            }
        }
    }
}
