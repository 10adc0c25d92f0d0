//! `zero-shot-classification`: which of the classes that a call names a text is of.
//!
//! A model of natural language inference judges whether the text entails a sentence that is made of a class.

use serde_json::{Value, json};

use super::classification::Classification;
use super::error::TaskError;
use super::hypothesis::{HypothesisTemplate, candidate_labels, hypotheses};
use super::options::TaskOptions;
use super::pipeline::{JsonPipeline, Pipeline};
use super::settings::{Adjustable, TextSettings};
use super::text::TextModel;
use super::text_input::{TextInput, parse_text};
use crate::checkpoint::{Checkpoint, ConfigError, Reader};
use crate::load::Model;
use crate::processors::text::{EncodeOptions, Truncation};
use crate::scores::softmax;

/// Classifies texts by classes that a call names; transformers' `ZeroShotClassificationPipeline`.
pub struct ZeroShotClassifier {
    model: TextModel,
    entailment: usize,
    labels: usize,
}

/// What a call to a [`ZeroShotClassifier`] can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZeroShotOptions {
    /// The classes to choose from, at least one. There is no default.
    pub candidate_labels: Vec<String>,
    /// What makes a sentence of a class. Default: `This example is {}.`.
    pub hypothesis_template: HypothesisTemplate,
    /// Whether each class holds or not by itself, rather than exactly one of them. Default: false.
    pub multi_label: bool,
}

/// What a [`ZeroShotClassifier`] made of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct ZeroShotClassification {
    /// The text.
    pub sequence: String,
    /// The classes with their probabilities, best first.
    pub classes: Vec<Classification>,
}

impl Default for ZeroShotOptions {
    fn default() -> Self {
        let hypothesis_template = "This example is {}.".parse().expect("the template has a place");
        Self { candidate_labels: vec![], hypothesis_template, multi_label: false }
    }
}

impl TaskOptions for ZeroShotOptions {
    const FIELDS: &'static [&'static str] = &["candidate_labels", "hypothesis_template", "multi_label"];

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        let default = Self::default();
        Ok(Self {
            candidate_labels: candidate_labels(r)?,
            hypothesis_template: r.parsed("hypothesis_template", default.hypothesis_template)?,
            multi_label: r.bool("multi_label", default.multi_label)?,
        })
    }
}

impl ZeroShotClassifier {
    /// The scores of classes, by the logits of their sentences.
    fn scores(&self, logits: &[Vec<f32>], multi_label: bool) -> Vec<f32> {
        if !multi_label && logits.len() > 1 {
            let mut scores: Vec<f32> = logits.iter().map(|logits| logits[self.entailment]).collect();
            softmax(&mut scores);
            return scores;
        }
        let contradiction = if self.entailment == 0 { self.labels - 1 } else { 0 };
        let score = |logits: &Vec<f32>| {
            let mut both = [logits[contradiction], logits[self.entailment]];
            softmax(&mut both);
            both[1]
        };
        logits.iter().map(score).collect()
    }
}

/// The class that means entailment: the first of `label2id` whose name starts so.
fn entailment(checkpoint: &Checkpoint, labels: usize) -> Result<usize, TaskError> {
    let r = checkpoint.config_reader()?;
    let is_entailment = |label: &str| label.to_lowercase().starts_with("entail");
    let found = match r.opt_object("label2id")? {
        Some(table) => table.keys().find(|label| is_entailment(label)).map(|label| table.usize(label, None)),
        None => checkpoint.labels()?.iter().find(|(_, label)| is_entailment(label)).map(|(id, _)| Ok(id)),
    };
    let id = found.transpose()?.ok_or_else(|| {
        r.error(
            "label2id",
            "expected a class whose name starts with \"entail\"; the task needs a model of inference",
        )
    })?;
    r.require(id < labels, "label2id", format!("classes below {labels}"))?;
    Ok(id)
}

impl Pipeline for ZeroShotClassifier {
    const NAME: &'static str = "zero-shot-classification";
    type Input = String;
    type Options = ZeroShotOptions;
    type Settings = TextSettings;
    type Output = ZeroShotClassification;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let labels = model.checkpoint().labels()?.len();
        let entailment = entailment(model.checkpoint(), labels)?;
        let model = TextModel::load(Self::NAME, model, &["logits"])?.padded_as_config(model)?;
        Ok(Self { model, entailment, labels })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<Self::Settings> {
        &mut self.model
    }

    fn run_batch(
        &self,
        inputs: &[String],
        options: &ZeroShotOptions,
    ) -> Result<Vec<ZeroShotClassification>, TaskError> {
        let classes = &options.candidate_labels;
        let sentences = hypotheses(Self::NAME, &options.hypothesis_template, classes)?;
        let pairs = |text: &String| {
            let pair = |sentence: &String| TextInput { text: text.clone(), pair: Some(sentence.clone()) };
            sentences.iter().map(pair).collect::<Vec<_>>()
        };
        let pairs: Vec<TextInput> = inputs.iter().flat_map(pairs).collect();
        // The text is cut, never the sentence.
        let max_length = self.model.max_length();
        let truncation = max_length.map_or(Truncation::Off, |_| Truncation::OnlyFirst);
        let encoded = EncodeOptions { truncation, max_length, ..EncodeOptions::default() };
        let encoded = self.model.encode(&pairs, &encoded)?;
        let logits = self.model.run(&encoded, |_, outputs| Ok(outputs.logits(self.labels)?.to_vec()))?;
        let classification = |(sequence, logits): (&String, &[Vec<f32>])| {
            let scores = self.scores(logits, options.multi_label);
            let class = |(label, score): (&String, f32)| Classification { label: label.clone(), score };
            let mut ranked: Vec<_> = classes.iter().zip(scores).map(class).collect();
            // Of equal ones the last comes first, as the pipeline reverses an ascending order.
            ranked.sort_by(|a, b| a.score.total_cmp(&b.score));
            ranked.reverse();
            ZeroShotClassification { sequence: sequence.clone(), classes: ranked }
        };
        Ok(inputs.iter().zip(logits.chunks(classes.len())).map(classification).collect())
    }
}

impl JsonPipeline for ZeroShotClassifier {
    fn parse_input(value: &Value) -> Result<String, String> {
        parse_text(value)
    }

    fn output_json(output: ZeroShotClassification) -> Value {
        let (labels, scores): (Vec<String>, Vec<f32>) =
            output.classes.into_iter().map(|class| (class.label, class.score)).unzip();
        json!({ "sequence": output.sequence, "labels": labels, "scores": scores })
    }
}
