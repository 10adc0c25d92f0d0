//! The distributions that models of time series predict, as transformers' `time_series_utils.py` has them.

use std::str::FromStr;

use crate::checkpoint::Checkpoint;
use crate::tasks::batch::RowOutputs;
use crate::tasks::error::TaskError;

/// A kind of distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distribution {
    /// Of degrees of freedom, location and scale.
    StudentT,
    /// Of location and scale.
    Normal,
    /// Of the count of failures and the logit of success.
    NegativeBinomial,
}

/// What a value is divided by, and what is subtracted from it before, in the model's eyes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Affine {
    pub loc: f32,
    pub scale: f32,
}

/// Means, and standard deviations where a distribution was predicted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Moments {
    pub means: Vec<f32>,
    pub deviations: Option<Vec<f32>>,
}

impl FromStr for Distribution {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "student_t" => Ok(Self::StudentT),
            "normal" => Ok(Self::Normal),
            "negative_binomial" => Ok(Self::NegativeBinomial),
            _ => Err(format!("expected student_t, normal or negative_binomial, found {name:?}")),
        }
    }
}

impl Distribution {
    /// The kind that a checkpoint's config names.
    pub(super) fn of(checkpoint: &Checkpoint) -> Result<Self, TaskError> {
        let named = checkpoint.config_reader()?.opt_parsed("distribution_output")?;
        Ok(named.unwrap_or(Self::StudentT))
    }

    /// The moments of what `output` predicts: values of `rank` axes, or in numbered outputs the parameters of this kind of
    /// distribution. `affine` says how the value of each position was scaled.
    pub(super) fn moments(
        self,
        outputs: &RowOutputs<'_>,
        output: &str,
        rank: usize,
        affine: impl Fn(usize) -> Affine,
    ) -> Result<Moments, TaskError> {
        if outputs.has(output) {
            return Ok(Moments { means: outputs.get(output, rank)?.values.to_vec(), deviations: None });
        }
        let parameter =
            |number: usize| outputs.get(&format!("{output}.{number}"), rank).map(|row| row.values);
        let (first, second) = (parameter(0)?, parameter(1)?);
        let third = if self == Self::StudentT { parameter(2)? } else { second };
        let parameters = first.iter().zip(second).zip(third).enumerate();
        let of = |(at, ((&a, &b), &c)): (usize, ((&f32, &f32), &f32))| self.moment([a, b, c], affine(at));
        let (means, deviations) = parameters.map(of).unzip();
        Ok(Moments { means, deviations: Some(deviations) })
    }

    /// Mean and standard deviation for some parameters, of which the last may be unused.
    fn moment(self, parameters: [f32; 3], affine: Affine) -> (f32, f32) {
        let [a, b, c] = parameters.map(f64::from);
        let (loc, scale) = (f64::from(affine.loc), f64::from(affine.scale));
        let (mean, deviation) = match self {
            // The degrees of freedom are more than two, so both are defined.
            Self::StudentT => (b * scale + loc, c * (a / (a - 2.0)).sqrt() * scale),
            Self::Normal => (a * scale + loc, b * scale),
            // A count cannot be scaled; its odds are.
            Self::NegativeBinomial => {
                let odds = b.exp() * scale;
                (a * odds, (a * odds * (1.0 + odds)).sqrt())
            }
        };
        (mean as f32, deviation as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_scaled_as_the_values_were() {
        let affine = Affine { loc: 10.0, scale: 2.0 };
        assert_eq!(Distribution::Normal.moment([1.0, 3.0, 0.0], affine), (12.0, 6.0));
        assert_eq!(Distribution::StudentT.moment([4.0, 1.0, 3.0], affine), (12.0, 6.0 * 2f32.sqrt()));
        assert_eq!(Distribution::NegativeBinomial.moment([5.0, 0.0, 0.0], affine), (10.0, 30f32.sqrt()));
    }
}
