//! `time-series-classification`: the classes of a series.

use serde_json::Value;

use super::model::SeriesModel;
use super::series::Series;
use crate::checkpoint::{ConfigError, Reader};
use crate::load::Model;
use crate::tasks::classification::{Classes, Classification, ScoreFunction};
use crate::tasks::error::TaskError;
use crate::tasks::options::TaskOptions;
use crate::tasks::pipeline::{JsonPipeline, Pipeline, to_json};
use crate::tasks::settings::Adjustable;

/// Classifies series. Of each it reads the last rows, as many as the model has a context for.
pub struct SeriesClassifier {
    model: SeriesModel,
    classes: Classes,
}

/// What a call to a [`SeriesClassifier`] can ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeriesClassificationOptions {
    /// How many classes to return, best first; all where there are fewer. Default: all.
    pub top_k: Option<usize>,
}

impl TaskOptions for SeriesClassificationOptions {
    const FIELDS: &'static [&'static str] = &["top_k"];

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self { top_k: r.opt_usize("top_k")? })
    }
}

impl Pipeline for SeriesClassifier {
    const NAME: &'static str = "time-series-classification";
    type Input = Series;
    type Options = SeriesClassificationOptions;
    type Settings = ();
    type Output = Vec<Classification>;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let classes = Classes::of(model.checkpoint())?;
        Ok(Self { model: SeriesModel::load(Self::NAME, model)?, classes })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<()> {
        &mut self.model
    }

    fn run_batch(
        &self,
        inputs: &[Series],
        options: &SeriesClassificationOptions,
    ) -> Result<Vec<Vec<Classification>>, TaskError> {
        self.model.run(inputs, |outputs| {
            // As many as the config has targets, which it need not name. They exclude each other: the class's loss is the
            // cross-entropy.
            let logits = outputs.get("prediction_logits", 1)?.values;
            Ok(self.classes.rank(logits, Some(ScoreFunction::Softmax), options.top_k))
        })
    }
}

impl JsonPipeline for SeriesClassifier {
    fn parse_input(value: &Value) -> Result<Series, String> {
        Series::parse(value)
    }

    fn output_json(output: Vec<Classification>) -> Value {
        to_json(output)
    }
}
