//! Convolutions.

use crate::ir::{Conv, Scope, Value};

pub(super) fn decompose(g: &Scope, conv: &Conv, inputs: &[Value]) -> Value {
    let plain = Conv { activation: None, ..conv.clone() };
    let sum = g.apply_conv(plain, inputs[0], inputs[1], inputs.get(2).copied());
    conv.activation.map_or(sum, |activation| g.activation(sum, activation))
}
