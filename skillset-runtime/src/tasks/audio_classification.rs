//! `audio-classification`: the classes of a recording.

use serde_json::Value;

use super::classification::{Classes, Classification, ScoreFunction};
use super::error::TaskError;
use super::options::TaskOptions;
use super::pipeline::{JsonPipeline, Pipeline, to_json};
use super::recordings::{AudioModel, parse_audio};
use super::settings::Adjustable;
use crate::checkpoint::{ConfigError, Reader};
use crate::load::Model;
use crate::processors::audio::Audio;

/// Classifies recordings; transformers' `AudioClassificationPipeline`.
pub struct AudioClassifier {
    model: AudioModel,
    classes: Classes,
}

/// What a call to an [`AudioClassifier`] can ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AudioClassificationOptions {
    /// How many classes to return, best first; all where there are fewer. Default: all, as in a call of the pipeline
    /// that does not say.
    pub top_k: Option<usize>,
    /// What makes scores of logits. Default: no function for a regression, sigmoid for several independent classes,
    /// softmax otherwise.
    pub function_to_apply: Option<ScoreFunction>,
}

impl TaskOptions for AudioClassificationOptions {
    const FIELDS: &'static [&'static str] = &["top_k", "function_to_apply"];

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self { top_k: r.opt_usize("top_k")?, function_to_apply: r.opt_parsed("function_to_apply")? })
    }
}

impl Pipeline for AudioClassifier {
    const NAME: &'static str = "audio-classification";
    type Input = Audio;
    type Options = AudioClassificationOptions;
    type Settings = ();
    type Output = Vec<Classification>;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let classes = Classes::of_recordings(model.checkpoint())?;
        Ok(Self { model: AudioModel::load(Self::NAME, model)?, classes })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<Self::Settings> {
        &mut self.model
    }

    fn run_batch(
        &self,
        inputs: &[Audio],
        options: &AudioClassificationOptions,
    ) -> Result<Vec<Vec<Classification>>, TaskError> {
        let samples = self.model.samples(inputs)?;
        let samples: Vec<&[f32]> = samples.iter().map(|samples| &**samples).collect();
        self.model.run(&samples, |_, outputs| {
            let logits = outputs.logits(self.classes.len())?;
            Ok(self.classes.rank(logits, options.function_to_apply, options.top_k))
        })
    }
}

impl JsonPipeline for AudioClassifier {
    fn parse_input(value: &Value) -> Result<Audio, String> {
        parse_audio(value)
    }

    fn output_json(output: Vec<Classification>) -> Value {
        to_json(output)
    }
}
