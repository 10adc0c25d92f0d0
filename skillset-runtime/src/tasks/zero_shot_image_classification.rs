//! `zero-shot-image-classification`: which of the classes that a call names an image is of.

use serde_json::Value;

use super::classification::{Classification, ScoreFunction};
use super::error::TaskError;
use super::hypothesis::{HypothesisTemplate, candidate_labels, hypotheses};
use super::image_source::parse_image;
use super::images::ImageModel;
use super::options::TaskOptions;
use super::pipeline::{JsonPipeline, Pipeline, to_json};
use super::settings::Adjustable;
use crate::checkpoint::{ConfigError, Reader};
use crate::engine::Tensors;
use crate::load::Model;
use crate::processors::image::Image;
use crate::processors::text::{self, EncodeOptions, InputTensor, Padding, TextProcessor, Truncation};
use crate::scores::top_k;
use crate::tensor::Tensor;

/// How many tokens the texts of SigLIP's models have, padding included.
const SIGLIP_LENGTH: usize = 64;

/// Compares images with sentences that are made of classes; transformers' `ZeroShotImageClassificationPipeline`.
pub struct ZeroShotImageClassifier {
    images: ImageModel,
    texts: TextProcessor,
    /// What makes scores of logits: sigmoid for SigLIP's models, softmax otherwise.
    function: ScoreFunction,
}

/// What a call to a [`ZeroShotImageClassifier`] can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZeroShotImageOptions {
    /// The classes to choose from, at least one. There is no default.
    pub candidate_labels: Vec<String>,
    /// What makes a sentence of a class. Default: `This is a photo of {}.`.
    pub hypothesis_template: HypothesisTemplate,
}

impl Default for ZeroShotImageOptions {
    fn default() -> Self {
        let hypothesis_template = "This is a photo of {}.".parse().expect("the template has a place");
        Self { candidate_labels: vec![], hypothesis_template }
    }
}

impl TaskOptions for ZeroShotImageOptions {
    const FIELDS: &'static [&'static str] = &["candidate_labels", "hypothesis_template"];

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        let template = r.parsed("hypothesis_template", Self::default().hypothesis_template)?;
        Ok(Self { candidate_labels: candidate_labels(r)?, hypothesis_template: template })
    }
}

impl ZeroShotImageClassifier {
    /// The inputs that the sentences become, one row each.
    fn encode(&self, sentences: &[String]) -> Result<Tensors, TaskError> {
        let options = match self.function {
            // Trained on texts of one length, whose padding no mask hides.
            ScoreFunction::Sigmoid => EncodeOptions {
                padding: Padding::MaxLength,
                max_length: Some(SIGLIP_LENGTH),
                truncation: Truncation::LongestFirst,
                ..EncodeOptions::default()
            },
            _ => EncodeOptions { padding: Padding::Longest, ..EncodeOptions::default() },
        };
        let sentences: Vec<text::TextInput<'_>> = sentences.iter().map(Into::into).collect();
        let batch = self.texts.encode(&sentences, &options)?;
        let tensor = |InputTensor { values, shape, .. }| {
            Tensor::new(shape, values).expect("an input tensor is as large as its shape")
        };
        let mut inputs = Tensors::from([("input_ids".to_owned(), tensor(batch.input("input_ids")?))]);
        if self.images.takes("attention_mask") {
            let mut mask = batch.input("attention_mask")?;
            // A tokenizer that gives none stands for a model that looks at all tokens.
            if !self.texts.settings().model_input_names.iter().any(|name| name == "attention_mask") {
                mask.values.fill(1);
            }
            inputs.insert("attention_mask".to_owned(), tensor(mask));
        }
        Ok(inputs)
    }
}

impl Pipeline for ZeroShotImageClassifier {
    const NAME: &'static str = "zero-shot-image-classification";
    type Input = Image;
    type Options = ZeroShotImageOptions;
    type Settings = ();
    type Output = Vec<Classification>;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let inputs = ["input_ids", "attention_mask"];
        let images = ImageModel::load_with(Self::NAME, model, &inputs, &["logits_per_image"])?;
        let texts = TextProcessor::from_dir(model.checkpoint().dir())?;
        // Nothing else in a checkpoint tells what loss its logits are of; the pipeline goes by the name as well.
        let is_siglip = model.checkpoint().model_type()?.contains("siglip");
        let function = if is_siglip { ScoreFunction::Sigmoid } else { ScoreFunction::Softmax };
        Ok(Self { images, texts, function })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<Self::Settings> {
        &mut self.images
    }

    fn run_batch(
        &self,
        inputs: &[Image],
        options: &ZeroShotImageOptions,
    ) -> Result<Vec<Vec<Classification>>, TaskError> {
        let classes = &options.candidate_labels;
        let sentences = hypotheses(Self::NAME, &options.hypothesis_template, classes)?;
        self.images.run_with(&self.encode(&sentences)?, inputs, |_, outputs| {
            let expected = || format!("a value for each of {} candidate_labels", classes.len());
            let mut scores = outputs.values("logits_per_image", classes.len(), expected)?.to_vec();
            self.function.apply(&mut scores);
            let class = |id: usize| Classification { label: classes[id].clone(), score: scores[id] };
            Ok(top_k(&scores, classes.len()).into_iter().map(class).collect())
        })
    }
}

impl JsonPipeline for ZeroShotImageClassifier {
    fn parse_input(value: &Value) -> Result<Image, String> {
        parse_image(value)
    }

    fn output_json(output: Vec<Classification>) -> Value {
        to_json(output)
    }
}
