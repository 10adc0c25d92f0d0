//! `time-series-regression`: numbers for a series.

use serde::Serialize;
use serde_json::Value;

use super::distribution::{Affine, Distribution, Moments};
use super::model::SeriesModel;
use super::series::{Series, SeriesOptions};
use crate::load::Model;
use crate::tasks::error::TaskError;
use crate::tasks::pipeline::{JsonPipeline, Pipeline, to_json};
use crate::tasks::settings::Adjustable;

/// The name of the model's output.
const OUTPUT: &str = "regression_outputs";

/// Estimates numbers for series. Of each it reads the last rows, as many as the model has a context for.
pub struct SeriesRegressor {
    model: SeriesModel,
    distribution: Distribution,
}

/// The numbers of a series, one for each of the targets that the model has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeriesEstimate {
    /// What is expected.
    pub mean: Vec<f32>,
    /// Its standard deviation, of models that predict distributions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deviation: Option<Vec<f32>>,
}

impl Pipeline for SeriesRegressor {
    const NAME: &'static str = "time-series-regression";
    type Input = Series;
    type Options = SeriesOptions;
    type Settings = ();
    type Output = SeriesEstimate;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let distribution = Distribution::of(model.checkpoint())?;
        Ok(Self { model: SeriesModel::load(Self::NAME, model)?, distribution })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<()> {
        &mut self.model
    }

    fn run_batch(&self, inputs: &[Series], _: &SeriesOptions) -> Result<Vec<SeriesEstimate>, TaskError> {
        self.model.run(inputs, |outputs| {
            // The parameters of a single target have no axis for it.
            let rank = outputs.rank(OUTPUT).or_else(|| outputs.rank(&format!("{OUTPUT}.0"))).unwrap_or(1);
            let plain = |_| Affine { loc: 0.0, scale: 1.0 };
            let Moments { means, deviations } = self.distribution.moments(&outputs, OUTPUT, rank, plain)?;
            Ok(SeriesEstimate { mean: means, deviation: deviations })
        })
    }
}

impl JsonPipeline for SeriesRegressor {
    fn parse_input(value: &Value) -> Result<Series, String> {
        Series::parse(value)
    }

    fn output_json(output: SeriesEstimate) -> Value {
        to_json(output)
    }
}
