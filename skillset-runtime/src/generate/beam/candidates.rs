//! The continuations that a step looks at.

use rand::RngExt;
use rand::rngs::StdRng;

use crate::scores::{softmax, top_k};

/// A beam with a token behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    /// Which of the running beams.
    pub beam: usize,
    /// The token.
    pub token: i64,
    /// The score of all generated tokens.
    pub score: f32,
}

/// How candidates are selected.
pub(super) struct Selection {
    /// How many.
    count: usize,
    /// What draws them; without it they are those of the highest scores.
    rng: Option<StdRng>,
}

impl Selection {
    /// The `count` candidates of the highest scores.
    pub(super) fn best(count: usize) -> Self {
        Self { count, rng: None }
    }

    /// `count` candidates drawn by the softmax of the scores, none twice.
    pub(super) fn drawn(count: usize, rng: StdRng) -> Self {
        Self { count, rng: Some(rng) }
    }

    /// Selects from the scores `[beams, vocabulary]`; in the order of scores, or in that in which they are drawn.
    pub(super) fn of(&mut self, scores: Vec<f32>, beams: usize) -> Vec<Candidate> {
        let selected = match &mut self.rng {
            None => top_k(&scores, self.count),
            Some(rng) => draw(scores.clone(), self.count, rng),
        };
        let vocabulary = scores.len() / beams;
        let candidate = |index: usize| Candidate {
            beam: index / vocabulary,
            token: (index % vocabulary) as i64,
            score: scores[index],
        };
        selected.into_iter().map(candidate).collect()
    }
}

/// Draws `count` positions by the softmax of `scores` without replacement, as `torch.multinomial` does: the race of
/// exponential variables, whose rates are the probabilities, is won in the order of such draws.
fn draw(mut scores: Vec<f32>, count: usize, rng: &mut StdRng) -> Vec<usize> {
    softmax(&mut scores);
    for probability in &mut scores {
        // In 0 < x ≤ 1, so that the logarithm is finite.
        let uniform = 1.0 - rng.random::<f64>();
        *probability = (f64::from(*probability) / -uniform.ln().min(-f64::MIN_POSITIVE)) as f32;
    }
    top_k(&scores, count)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn the_best_come_first_and_know_their_beams() {
        let candidates = Selection::best(3).of(vec![-1.0, -4.0, -0.5, -2.0, -0.75, -9.0], 2);
        let expected = [(0, 2, -0.5), (1, 1, -0.75), (0, 0, -1.0)];
        let expected = expected.map(|(beam, token, score)| Candidate { beam, token, score });
        assert_eq!(candidates, expected);
        assert_eq!(Selection::best(9).of(vec![-1.0, -2.0], 2).len(), 2);
    }

    #[test]
    fn draws_follow_the_scores_without_replacement() {
        let mut rng = StdRng::seed_from_u64(3);
        let scores = vec![0.0, 2.0_f32.ln(), f32::NEG_INFINITY, 0.0];
        let mut first = [0usize; 4];
        let mut second_after_one = [0usize; 4];
        for _ in 0..8000 {
            let drawn = draw(scores.clone(), 3, &mut rng);
            let mut sorted = drawn.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 3]);
            first[drawn[0]] += 1;
            if drawn[0] == 1 {
                second_after_one[drawn[1]] += 1;
            }
        }
        let share = |count: usize, of: usize| count as f64 / of as f64;
        assert!((share(first[1], 8000) - 0.5).abs() < 0.02 && (share(first[0], 8000) - 0.25).abs() < 0.02);
        assert!((share(second_after_one[0], first[1]) - 0.5).abs() < 0.03);
    }
}
