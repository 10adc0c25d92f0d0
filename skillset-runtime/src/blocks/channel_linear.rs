//! A linear layer for each channel of a series.

use super::Linear;
use crate::ir::{Scope, Value};

/// Channels that may have layers of their own.
const MOST_CHANNELS: usize = 1 << 16;

/// `x · weightᵀ + bias` over the last axis, with a layer of its own for each channel at the paths `0`, `1`, … or one for all.
#[derive(Clone, Debug)]
pub struct ChannelLinear {
    /// Input, `[batch, channels, …, in]`.
    pub of: Value,
    /// Width of the result.
    pub out: usize,
    /// Whether all channels share one layer.
    pub shared: bool,
}

impl ChannelLinear {
    /// One layer for all channels.
    pub fn new(of: Value, out: usize) -> Self {
        Self { of, out, shared: true }
    }

    /// Adds the layers; the result is `[batch, channels, …, out]`.
    pub fn build(self, g: &Scope) -> Value {
        if self.shared {
            return Linear::new(self.of, self.out).build(g);
        }
        let Some(channels) =
            g.dim(self.of, 1).as_size().filter(|channels| (1..=MOST_CHANNELS).contains(channels))
        else {
            g.fail(format_args!("expected 1 to {MOST_CHANNELS} channels, found {}", g.dim(self.of, 1)));
            return self.of;
        };
        let channel = |channel: usize| {
            let layer = Linear::new(g.select(self.of, 1, channel), self.out);
            g.unsqueeze(layer.build(&g.at(&channel.to_string())), 1)
        };
        (1..channels).fold(channel(0), |all, next| g.concat(all, channel(next), 1))
    }
}
