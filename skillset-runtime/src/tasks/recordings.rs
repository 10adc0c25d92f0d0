//! Recordings in, outputs of an audio model out.

use std::borrow::Cow;

use serde_json::Value;

use super::batch::{RowOutputs, Runner};
use super::error::TaskError;
use super::settings::Adjustable;
use crate::checkpoint::Reader;
use crate::engine::Tensors;
use crate::ir::Request;
use crate::load::Model;
use crate::processors::audio::{Audio, FeatureBatch, FeatureExtractor};
use crate::tensor::Tensor;

/// An audio model with its feature extractor.
#[derive(Clone)]
pub(super) struct AudioModel {
    runner: Runner,
    extractor: FeatureExtractor,
}

impl AudioModel {
    /// Loads the model for `task`, which wants its logits.
    pub(super) fn load(task: &'static str, model: &Model) -> Result<Self, TaskError> {
        let request = Request { outputs: vec!["logits".to_owned()], ..Request::default() };
        let program = model.program(task, &request)?;
        let extractor = FeatureExtractor::from_dir(model.checkpoint().dir())?;
        Ok(Self { runner: Runner::new(task, program, &[extractor.input(), "attention_mask"])?, extractor })
    }

    /// The feature extractor.
    pub(super) fn extractor(&self) -> &FeatureExtractor {
        &self.extractor
    }

    /// The samples of recordings at the extractor's rate.
    pub(super) fn samples<'a>(&self, recordings: &'a [Audio]) -> Result<Vec<Cow<'a, [f32]>>, TaskError> {
        Ok(recordings.iter().map(|audio| self.extractor.samples(audio)).collect::<Result<_, _>>()?)
    }

    /// Processes and runs recordings, given as samples at the extractor's rate, and hands each one's index and
    /// outputs to `finish`; results come in the order of `recordings`.
    ///
    /// Only those that become features of one length run together: many a model takes padding for silence, and
    /// hears something in it.
    pub(super) fn run<T>(
        &self,
        recordings: &[&[f32]],
        mut finish: impl FnMut(usize, RowOutputs<'_>) -> Result<T, TaskError>,
    ) -> Result<Vec<T>, TaskError> {
        let length = |index: &usize| self.extractor.length(recordings[*index].len());
        let mut order: Vec<usize> = (0..recordings.len()).collect();
        // The longest first: if memory is short, it shows at once.
        order.sort_by_key(|index| std::cmp::Reverse(length(index)));
        let mut results: Vec<Option<T>> = recordings.iter().map(|_| None).collect();
        let groups = order.chunk_by(|a, b| length(a) == length(b));
        for batch in groups.flat_map(|group| group.chunks(self.runner.batch_size())) {
            let samples: Vec<&[f32]> = batch.iter().map(|&index| recordings[index]).collect();
            let inputs = self.inputs(self.extractor.process_samples(&samples)?, batch.len());
            self.runner.run_batch(&inputs, batch.iter().copied(), |index, outputs| {
                results[index] = Some(finish(index, outputs)?);
                Ok(())
            })?;
        }
        Ok(results.into_iter().flatten().collect())
    }

    fn inputs(&self, features: FeatureBatch, rows: usize) -> Tensors {
        let FeatureBatch { values, shape, mask } = features;
        let mut inputs = Tensors::new();
        if self.runner.takes("attention_mask") {
            // A class without masks has no padding in a batch of one length.
            let mask = mask.unwrap_or_else(|| vec![1; rows * shape[1]]);
            let mask = Tensor::new([rows, mask.len() / rows], mask).expect("a mask has equal rows");
            inputs.insert("attention_mask".to_owned(), mask);
        }
        let values = Tensor::new(shape, values).expect("a batch of features is as large as its shape");
        inputs.insert(self.extractor.input().to_owned(), values);
        inputs
    }
}

impl Adjustable<()> for AudioModel {
    fn apply(&mut self, (): &()) {}

    fn set_batch_size(&mut self, size: usize) {
        self.runner.set_batch_size(size);
    }
}

/// Reads a recording: the path of a file, or an object with `sampling_rate` and the samples as `raw` or `array`.
pub(super) fn parse_audio(value: &Value) -> Result<Audio, String> {
    if let Some(path) = value.as_str() {
        return Audio::open(path).map_err(|error| error.to_string());
    }
    if !value.is_object() {
        return Err(format!(
            "expected the path of a recording, or an object with sampling_rate and raw, found {value}"
        ));
    }
    let read = || {
        let r = Reader::new(value, "the recording")?;
        if let Some(unknown) = r.keys().find(|key| !["sampling_rate", "raw", "array", "path"].contains(key)) {
            return Err(r.error(unknown, "expected only sampling_rate and raw (or array)"));
        }
        let field = if r.has("raw") { "raw" } else { "array" };
        Ok((r.list_f64(field, None)?, r.usize("sampling_rate", None)?))
    };
    let (samples, rate) = read().map_err(|error| error.to_string())?;
    let samples = samples.into_iter().map(|sample| sample as f32).collect();
    Audio::from_samples(samples, rate).map_err(|error| error.to_string())
}
