//! The choice of the next token.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::scores::{argmax, softmax};

/// Chooses a token by its scores.
#[derive(Debug)]
pub(super) enum Sampler {
    /// The token of the highest score, the first one among equals, as `torch.argmax` does.
    Greedy,
    /// A token drawn by the softmax of the scores.
    ///
    /// The same seed draws the same tokens with the same version of this crate; they are not the tokens that
    /// torch draws. (Boxed: the generator's state is a few hundred bytes.)
    Multinomial(Box<StdRng>),
}

impl Sampler {
    /// A sampler that draws, from a seed or, without one, from the system's randomness.
    pub(super) fn multinomial(seed: Option<u64>) -> Self {
        Self::Multinomial(Box::new(Self::rng(seed)))
    }

    /// What draws, from a seed or, without one, from the system's randomness.
    pub(super) fn rng(seed: Option<u64>) -> StdRng {
        seed.map_or_else(rand::make_rng, StdRng::seed_from_u64)
    }

    /// The chosen token; `None` if every token is excluded. Overwrites `scores`, which must not have NaN.
    pub(super) fn choose(&mut self, scores: &mut [f32]) -> Option<usize> {
        let best = argmax(scores).filter(|&best| scores[best] > f32::NEG_INFINITY)?;
        match self {
            Self::Greedy => Some(best),
            Self::Multinomial(rng) => {
                softmax(scores);
                Some(pick(scores, rng.random::<f64>()))
            }
        }
    }
}

/// The token at which the cumulative probability passes `draw`, which is between 0 and 1.
fn pick(probabilities: &[f32], draw: f64) -> usize {
    let total: f64 = probabilities.iter().map(|&p| f64::from(p)).sum();
    let target = draw * total;
    let (mut cumulative, mut last) = (0.0, 0);
    for (id, &probability) in probabilities.iter().enumerate() {
        if probability > 0.0 {
            cumulative += f64::from(probability);
            last = id;
            if cumulative > target {
                break;
            }
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_fall_where_the_mass_is() {
        let probabilities = [0.0, 0.25, 0.0, 0.75, 0.0];
        assert_eq!(pick(&probabilities, 0.0), 1);
        assert_eq!(pick(&probabilities, 0.249), 1);
        assert_eq!(pick(&probabilities, 0.25), 3);
        assert_eq!(pick(&probabilities, 1.0), 3);
    }

    #[test]
    fn a_seed_repeats_itself_and_frequencies_follow_the_scores() {
        let draw = |seed| {
            let mut sampler = Sampler::multinomial(Some(seed));
            let one = || sampler.choose(&mut [0.0, 2.0_f32.ln(), f32::NEG_INFINITY, 0.0]).unwrap();
            std::iter::repeat_with(one).take(4000).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let share = |id| draw(7).into_iter().filter(|&drawn| drawn == id).count() as f64 / 4000.0;
        assert!((share(1) - 0.5).abs() < 0.03 && (share(0) - 0.25).abs() < 0.03 && share(2) == 0.0);
    }

    #[test]
    fn no_token_is_left() {
        assert_eq!(Sampler::Greedy.choose(&mut [f32::NEG_INFINITY; 3]), None);
        assert_eq!(Sampler::multinomial(Some(0)).choose(&mut [f32::NEG_INFINITY; 3]), None);
    }
}
