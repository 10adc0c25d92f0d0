//! The choice of experts for each token.

use super::Linear;
use crate::ir::{Activation, Compare, Dim, Scope, Value};

/// Which experts each token goes to, as [`Experts`](super::Experts) takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Routing {
    /// Numbers of experts, `i64[batch, sequence, chosen]`.
    pub indices: Value,
    /// What the result of each counts, likewise.
    pub weights: Value,
}

/// Scores of experts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RouterScores {
    /// Softmax over all experts.
    #[default]
    Softmax,
    /// Sigmoid of each expert alone.
    Sigmoid,
}

/// Top-k routing of tokens to experts (arXiv:1701.06538), among the best groups of experts where there are some
/// (arXiv:2405.04434).
///
/// Parameters: `weight`, `[experts, width]`, and `e_score_correction_bias` where scores are corrected.
#[derive(Clone, Debug)]
pub struct Router {
    /// The tokens, `[batch, sequence, width]`.
    pub of: Value,
    /// How many experts there are.
    pub experts: usize,
    /// How many of them a token goes to.
    pub chosen: usize,
    /// What scores are made of logits by.
    pub scores: RouterScores,
    /// Weights are divided by their sum plus this; none: they are the scores.
    pub normalize: Option<f64>,
    /// Factor of the weights.
    pub scale: f64,
    /// Whether a learned bias (arXiv:2408.15664) is added to scores for the choice alone.
    pub corrected: bool,
    /// Groups that experts are in, in order.
    pub groups: usize,
    /// How many groups a token may choose from.
    pub top_groups: usize,
    /// A group is as good as so many of its best experts together.
    pub group_best: usize,
}

impl Router {
    /// Routing by a softmax over experts that are in no groups.
    pub fn new(of: Value, experts: usize, chosen: usize) -> Self {
        Self {
            of,
            experts,
            chosen,
            scores: RouterScores::default(),
            normalize: None,
            scale: 1.0,
            corrected: false,
            groups: 1,
            top_groups: 1,
            group_best: 1,
        }
    }

    /// Adds the choice.
    pub fn build(self, g: &Scope) -> Routing {
        let logits = Linear { bias: false, ..Linear::new(self.of, self.experts) }.build(g);
        let scores = match self.scores {
            RouterScores::Softmax => g.softmax(logits, -1),
            RouterScores::Sigmoid => g.activation(logits, Activation::Sigmoid),
        };
        let corrected = match self.corrected {
            true => g.add(scores, g.param("e_score_correction_bias", &[self.experts])),
            false => scores,
        };
        let indices = g.top_k(self.among_groups(g, corrected), self.chosen);
        let weights = g.gather_elements(scores, -1, indices);
        let weights = match self.normalize {
            Some(eps) => {
                let sum = g.unsqueeze(g.sum(weights, -1), -1);
                g.div(weights, if eps == 0.0 { sum } else { g.add(sum, eps) })
            }
            None => weights,
        };
        let weights = if self.scale == 1.0 { weights } else { g.mul(weights, self.scale) };
        Routing { indices, weights }
    }

    /// The scores, the lowest number for experts that are in none of the best groups.
    fn among_groups(&self, g: &Scope, scores: Value) -> Value {
        let Self { experts, groups, top_groups, .. } = *self;
        if groups == 1 {
            return scores;
        }
        if groups == 0 || !experts.is_multiple_of(groups) || experts / groups * top_groups < self.chosen {
            g.fail(format_args!(
                "cannot choose {} experts from {top_groups} of {groups} groups of {experts} experts",
                self.chosen
            ));
            return scores;
        }
        let shape = g.shape(scores);
        let [batch, sequence, _] = &shape[..] else { return scores };
        let grouped: [Dim; 4] = [batch.clone(), sequence.clone(), groups.into(), (experts / groups).into()];
        let grouped = g.reshape(scores, &grouped);
        let best = g.gather_elements(grouped, -1, g.top_k(grouped, self.group_best));
        let top = g.top_k(g.sum(best, -1), top_groups);
        let is_top = g.equal(g.unsqueeze(top, -1), g.iota(0, groups));
        let is_top = g.compare(Compare::Greater, g.sum(g.to_float(is_top), -2), 0.0);
        g.reshape(g.where_(g.unsqueeze(is_top, -1), grouped, f64::from(f32::MIN)), &shape)
    }
}
