//! A selective state space model.

use super::linear::fixed_width;
use crate::ir::{Dim, Scope, Unary, Value};

/// A selective state space model (Mamba, arXiv:2312.00752; with heads Mamba 2, arXiv:2405.21060): a linear recurrence
/// whose step sizes, inputs and outputs depend on the token, and a skip connection.
///
/// Parameters: `A_log`, the logarithms of the decays (`[heads]`, or `[heads, state_size]`); `D`, the weights of the skip
/// connection (`[heads]`); `dt_bias` (`[heads]`).
#[derive(Clone, Debug)]
pub struct SelectiveScan {
    /// Input, `[batch, sequence, heads · head_dim]`.
    pub of: Value,
    /// Step sizes before they are made positive, `[batch, sequence, heads]`.
    pub dt: Value,
    /// What a token adds to the state, `[batch, sequence, groups · state_size]`.
    pub b: Value,
    /// What is read from the state, `[batch, sequence, groups · state_size]`.
    pub c: Value,
    /// Heads that have one step size and one decay each.
    pub heads: usize,
    /// Numbers of the state for each channel.
    pub state_size: usize,
    /// Groups of heads that share `b` and `c`.
    pub groups: usize,
    /// Whether each number of a state has a decay of its own.
    pub diagonal: bool,
    /// Whether there is a bias of the step sizes.
    pub dt_bias: bool,
    /// The smallest step size.
    pub dt_min: Option<f64>,
    /// The largest step size. As in transformers, a single token that continues others does not heed the limits.
    pub dt_max: Option<f64>,
    /// The layer under which the state is kept between runs; none: never.
    pub cache: Option<usize>,
}

impl SelectiveScan {
    /// One decay a head, one group, no limits.
    pub fn new(of: Value, dt: Value, b: Value, c: Value, heads: usize, state_size: usize) -> Self {
        Self {
            of,
            dt,
            b,
            c,
            heads,
            state_size,
            groups: 1,
            diagonal: false,
            dt_bias: false,
            dt_min: None,
            dt_max: None,
            cache: None,
        }
    }

    /// Adds the model; the result has the shape of `of`.
    pub fn build(self, g: &Scope) -> Value {
        let Some(width) = fixed_width(g, self.of) else { return self.of };
        if self.heads == 0 || !width.is_multiple_of(self.heads) {
            g.fail(format_args!("a width of {width} is not a multiple of {} heads", self.heads));
            return self.of;
        }
        let (batch, length) = (g.dim(self.of, 0), g.dim(self.of, 1));
        let split = |x: Value, parts: usize, width: usize| {
            g.reshape(x, &[batch.clone(), length.clone(), parts.into(), width.into()])
        };
        let head_dim = width / self.heads;
        let x = split(self.of, self.heads, head_dim);
        let maps = [self.b, self.c].map(|map| split(map, self.groups, self.state_size));

        let decay: &[usize] =
            if self.diagonal { &[self.heads, self.state_size] } else { std::slice::from_ref(&self.heads) };
        let decay = g.unary(Unary::Neg, g.unary(Unary::Exp, g.param("A_log", decay)));
        let shape = [batch.clone(), self.heads.into(), head_dim.into(), self.state_size.into()];
        let state = self.cache.and_then(|layer| g.kept(layer, "ssm", &shape));
        let (y, next) = g.apply_selective_scan(x, self.step(g), decay, maps, state);
        if let (Some(state), Some(next)) = (state, next) {
            g.leave(state, next);
        }
        let skip = g.mul(x, g.unsqueeze(g.param("D", &[self.heads]), 1));
        let y = g.add(g.transpose(y, &[0, 3, 1, 2]), skip);
        g.reshape(y, &[batch.clone(), length.clone(), width.into()])
    }

    /// Step sizes, `[batch, sequence, heads]`.
    fn step(&self, g: &Scope) -> Value {
        let dt = if self.dt_bias { g.add(self.dt, g.param("dt_bias", &[self.heads])) } else { self.dt };
        let dt = g.softplus(dt);
        // It is positive anyway.
        let least = self.dt_min.filter(|&least| least > 0.0);
        let most = self.dt_max.filter(|most| most.is_finite());
        let limited = least.map_or(dt, |least| g.max(dt, least));
        let limited = most.map_or(limited, |most| g.min(limited, most));
        if limited == dt || g.past() == Dim::from(0) {
            return limited;
        }
        let single = g.equal(g.size(g.dim(dt, 1)), 1usize);
        let continues = g.not_equal(g.size(g.past()), 0usize);
        g.where_(g.and(single, continues), dt, limited)
    }
}
