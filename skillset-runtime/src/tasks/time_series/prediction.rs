//! `time-series-prediction`: how a series goes on.

use serde::Serialize;
use serde_json::Value;

use super::distribution::{Affine, Distribution, Moments};
use super::model::SeriesModel;
use super::series::{Series, SeriesOptions};
use crate::load::Model;
use crate::tasks::error::TaskError;
use crate::tasks::pipeline::{JsonPipeline, Pipeline, to_json};
use crate::tasks::settings::Adjustable;

/// Forecasts series. Of each it reads the last rows, as many as the model has a context for.
pub struct Forecaster {
    model: SeriesModel,
    distribution: Distribution,
}

/// How a series goes on: rows in the order of time, of one value for each channel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forecast {
    /// What is expected.
    pub mean: Vec<Vec<f32>>,
    /// Its standard deviation, of models that predict distributions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deviation: Option<Vec<Vec<f32>>>,
}

impl Pipeline for Forecaster {
    const NAME: &'static str = "time-series-prediction";
    type Input = Series;
    type Options = SeriesOptions;
    type Settings = ();
    type Output = Forecast;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let distribution = Distribution::of(model.checkpoint())?;
        Ok(Self { model: SeriesModel::load(Self::NAME, model)?, distribution })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<()> {
        &mut self.model
    }

    fn run_batch(&self, inputs: &[Series], _: &SeriesOptions) -> Result<Vec<Forecast>, TaskError> {
        self.model.run(inputs, |outputs| {
            let (loc, scale) = (outputs.get("loc", 2)?.values, outputs.get("scale", 2)?.values);
            let channels = loc.len().min(scale.len()).max(1);
            let affine = |at: usize| Affine { loc: loc[at % channels], scale: scale[at % channels] };
            let Moments { means, deviations } =
                self.distribution.moments(&outputs, "prediction_outputs", 2, affine)?;
            let rows = |values: Vec<f32>| values.chunks(channels).map(<[f32]>::to_vec).collect();
            Ok(Forecast { mean: rows(means), deviation: deviations.map(rows) })
        })
    }
}

impl JsonPipeline for Forecaster {
    fn parse_input(value: &Value) -> Result<Series, String> {
        Series::parse(value)
    }

    fn output_json(output: Forecast) -> Value {
        to_json(output)
    }
}
