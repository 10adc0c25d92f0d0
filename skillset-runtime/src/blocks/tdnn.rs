//! Layers that see some neighbours of each frame.

use super::Linear;
use crate::ir::{Activation, Dim, Scope, Value};

/// A time delay layer (x-vectors, doi:10.1109/ICASSP.2018.8461375): a linear layer over each frame and those that follow it at even
/// steps, with parameters `weight` (`[out, kernel · width]`) and `bias` (`[out]`).
#[derive(Clone, Debug)]
pub struct Tdnn {
    /// Frames, `[batch, length, width]`.
    pub of: Value,
    /// Width of the result.
    pub out: usize,
    /// Frames that are seen at once.
    pub kernel: usize,
    /// Steps from one of these to the next.
    pub dilation: usize,
    /// Applied to the result.
    pub activation: Option<Activation>,
}

impl Tdnn {
    /// A layer over neighbouring frames.
    pub fn new(of: Value, out: usize, kernel: usize) -> Self {
        Self { of, out, kernel, dilation: 1, activation: None }
    }

    /// Adds the layer; the result is `[batch, length − dilation · (kernel − 1), out]`.
    pub fn build(self, g: &Scope) -> Value {
        let reach = self.dilation * self.kernel.saturating_sub(1);
        let length = g.dim(self.of, 1) - Dim::from(reach);
        let seen = (0..self.kernel).map(|tap| {
            let first = Dim::from(tap * self.dilation);
            g.slice(self.of, 1, first.clone(), first + length.clone())
        });
        let Some(seen) = seen.reduce(|all, next| g.concat(all, next, 2)) else {
            g.fail("a kernel sees at least 1 frame, found 0");
            return self.of;
        };
        Linear { activation: self.activation, ..Linear::new(seen, self.out) }.build(g)
    }
}
