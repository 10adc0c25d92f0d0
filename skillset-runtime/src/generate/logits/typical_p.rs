//! Drawing from tokens that are as surprising as is usual here.

use super::{History, LogitsProcessor};
use crate::scores::{entropy, softmax};

/// Keeps the tokens whose information is nearest to the entropy, until they have the mass `p` together.
///
/// `TypicalLogitsWarper`; [Locally Typical Sampling](https://arxiv.org/abs/2202.00666).
#[derive(Clone, Debug)]
pub struct TypicalP {
    /// The probability mass, above 0 and below 1.
    pub p: f32,
    /// How many of the nearest tokens stay in any case.
    pub keep: usize,
}

impl LogitsProcessor for TypicalP {
    fn process(&self, _: History<'_>, scores: &mut [f32]) {
        let mut probabilities = scores.to_vec();
        softmax(&mut probabilities);
        let usual = entropy(&probabilities);
        let distance = |id: &usize| (-probabilities[*id].ln() - usual).abs();
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|a, b| distance(a).total_cmp(&distance(b)));

        let mut mass = 0.0f64;
        let covers = |id: &&usize| {
            mass += f64::from(probabilities[**id]);
            mass as f32 >= self.p
        };
        let Some(farthest) = order.iter().find(covers).or(order.last()).map(distance) else { return };
        for id in order.iter().skip(self.keep).filter(|id| distance(id) > farthest) {
            scores[*id] = f32::NEG_INFINITY;
        }
    }
}
