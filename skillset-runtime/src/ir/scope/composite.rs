//! Composite operations as methods; blocks declare the parameters and call these.

use super::Scope;
use crate::ir::{
    Attention, Conv, ConvTranspose, DeformableAttention, Experts, GroupNorm, Linear, MaxPool, Norm, Op,
    Rotary, Value,
};

impl Scope<'_> {
    /// [`Op::Linear`].
    pub fn apply_linear(&self, linear: Linear, x: Value, weight: Value, bias: Option<Value>) -> Value {
        self.push(Op::Linear(linear), [x, weight].into_iter().chain(bias).collect::<Vec<_>>())
    }

    /// [`Op::Conv`].
    pub fn apply_conv(&self, conv: Conv, x: Value, weight: Value, bias: Option<Value>) -> Value {
        self.push(Op::Conv(conv), [x, weight].into_iter().chain(bias).collect::<Vec<_>>())
    }

    /// [`Op::ConvTranspose`].
    pub fn apply_conv_transpose(
        &self,
        conv: ConvTranspose,
        x: Value,
        weight: Value,
        bias: Option<Value>,
    ) -> Value {
        self.push(Op::ConvTranspose(conv), [x, weight].into_iter().chain(bias).collect::<Vec<_>>())
    }

    /// [`Op::LayerNorm`].
    pub fn apply_layer_norm(&self, x: Value, weight: Option<Value>, bias: Option<Value>, eps: f64) -> Value {
        let inputs = [Some(x), weight, bias].into_iter().flatten().collect::<Vec<_>>();
        self.push(Op::LayerNorm(Norm { eps }), inputs)
    }

    /// [`Op::RmsNorm`].
    pub fn apply_rms_norm(&self, x: Value, weight: Option<Value>, eps: f64) -> Value {
        self.push(Op::RmsNorm(Norm { eps }), [Some(x), weight].into_iter().flatten().collect::<Vec<_>>())
    }

    /// [`Op::GroupNorm`].
    pub fn apply_group_norm(&self, norm: GroupNorm, x: Value, weight: Value, bias: Value) -> Value {
        self.push(Op::GroupNorm(norm), [x, weight, bias])
    }

    /// [`Op::BatchNorm`] with weight, bias, mean and variance.
    pub fn apply_batch_norm(&self, x: Value, [weight, bias, mean, variance]: [Value; 4], eps: f64) -> Value {
        self.push(Op::BatchNorm(Norm { eps }), [x, weight, bias, mean, variance])
    }

    /// [`Op::MaxPool`].
    pub fn apply_max_pool(&self, pool: MaxPool, x: Value) -> Value {
        self.push(Op::MaxPool(pool), [x])
    }

    /// [`Op::GridSample`].
    pub fn apply_grid_sample(&self, x: Value, grid: Value) -> Value {
        self.push(Op::GridSample, [x, grid])
    }

    /// [`Op::DeformableAttention`] of `[value, places, weights]`.
    pub fn apply_deformable_attention(&self, attention: DeformableAttention, inputs: [Value; 3]) -> Value {
        self.push(Op::DeformableAttention(attention), inputs)
    }

    /// [`Op::Attention`]; `bias` and `key_mask` set the flags.
    pub fn apply_attention(
        &self,
        attention: Attention,
        [query, key, value]: [Value; 3],
        bias: Option<Value>,
        key_mask: Option<Value>,
    ) -> Value {
        let attention = Attention { bias: bias.is_some(), key_mask: key_mask.is_some(), ..attention };
        let inputs = [Some(query), Some(key), Some(value), bias, key_mask];
        self.push(Op::Attention(attention), inputs.into_iter().flatten().collect::<Vec<_>>())
    }

    /// [`Op::Experts`] of `[gate, up, down]` on rows routed by `[indices, weights]`.
    pub fn apply_experts(
        &self,
        experts: Experts,
        x: Value,
        [indices, weights]: [Value; 2],
        [gate, up, down]: [Value; 3],
    ) -> Value {
        self.push(Op::Experts(experts), [x, indices, weights, gate, up, down])
    }

    /// [`Op::Rotary`].
    pub fn apply_rotary(&self, rotary: Rotary, x: Value, cos: Value, sin: Value) -> Value {
        self.push(Op::Rotary(rotary), [x, cos, sin])
    }

    /// [`Op::SelectiveScan`]: `[batch, heads, width, s]`, and given a state, the state after the last position.
    pub fn apply_selective_scan(
        &self,
        x: Value,
        step: Value,
        decay: Value,
        [input, output]: [Value; 2],
        state: Option<Value>,
    ) -> (Value, Option<Value>) {
        let inputs = [x, step, decay, input, output].into_iter().chain(state).collect::<Vec<_>>();
        let scanned = self.push(Op::SelectiveScan, inputs);
        if state.is_none() {
            return (scanned, None);
        }
        let (length, all) = (self.dim(x, 1), self.dim(scanned, 3));
        let next = self.slice(scanned, 3, length.clone(), all);
        (self.slice(scanned, 3, 0, length), Some(next))
    }
}
