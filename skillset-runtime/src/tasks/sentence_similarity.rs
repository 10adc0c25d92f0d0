//! `sentence-similarity`: one vector for a text, as sentence-transformers makes it.

use serde::Serialize;
use serde_json::Value;

use super::error::TaskError;
use super::options::TaskOptions;
use super::pipeline::{JsonPipeline, Pipeline, to_json};
use super::pooling::Pooling;
use super::settings::{Adjustable, EmbeddingSettings, TextSettings};
use super::text::TextModel;
use super::text_input::TextInput;
use crate::checkpoint::{Checkpoint, ConfigError, Reader, read_json_if_present};
use crate::load::Model;

/// Embeds texts: pools the vectors of their tokens, by the checkpoint's `modules.json` or by their mean.
///
/// Texts that are too long are cut, to `max_seq_length` of `sentence_bert_config.json` where there is one.
pub struct SentenceEmbedder {
    model: TextModel,
    pooling: Pooling,
    lowercase: bool,
    prompt: String,
}

/// There is nothing to ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmbeddingOptions {}

/// The vector of a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Embedding {
    /// Its components.
    pub values: Vec<f32>,
}

impl Embedding {
    /// The cosine of the angle between two vectors: 1 for the same direction; 0 if one of them is 0.
    ///
    /// # Panics
    /// If the vectors have different numbers of components, so come from different models.
    pub fn cosine(&self, other: &Self) -> f32 {
        assert_eq!(self.values.len(), other.values.len(), "embeddings of one model have one width");
        let dot = |a: &[f32], b: &[f32]| -> f64 {
            a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        let lengths = (dot(&self.values, &self.values) * dot(&other.values, &other.values)).sqrt();
        if lengths == 0.0 { 0.0 } else { (dot(&self.values, &other.values) / lengths) as f32 }
    }
}

impl TaskOptions for EmbeddingOptions {
    const FIELDS: &'static [&'static str] = &[];

    fn read(_: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self {})
    }
}

impl SentenceEmbedder {
    /// How token vectors become one.
    pub fn pooling(&self) -> &Pooling {
        &self.pooling
    }

    /// sentence-transformers strips texts and puts the default prompt before them.
    fn prepare(&self, text: &str) -> String {
        let text = format!("{}{text}", self.prompt);
        let text = text.trim();
        if self.lowercase { text.to_lowercase() } else { text.to_owned() }
    }
}

/// Reads a JSON file of the checkpoint, if it has it, with its name for messages.
fn read_file(checkpoint: &Checkpoint, name: &str) -> Result<Option<(Value, String)>, TaskError> {
    let path = checkpoint.dir().join(name);
    Ok(read_json_if_present(&path)?.map(|value| (value, path.display().to_string())))
}

/// The text that goes before every text, by `config_sentence_transformers.json`.
fn default_prompt(checkpoint: &Checkpoint) -> Result<String, TaskError> {
    let Some((value, file)) = read_file(checkpoint, "config_sentence_transformers.json")? else {
        return Ok(String::new());
    };
    let r = Reader::new(&value, &file)?;
    let Some(name) = r.opt_string("default_prompt_name")? else { return Ok(String::new()) };
    Ok(r.object("prompts")?.string(&name, None)?)
}

impl Pipeline for SentenceEmbedder {
    const NAME: &'static str = "sentence-similarity";
    type Input = TextInput;
    type Options = EmbeddingOptions;
    type Settings = EmbeddingSettings;
    type Output = Embedding;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let checkpoint = model.checkpoint();
        let pooling = Pooling::from_checkpoint(checkpoint)?;
        let prompt = default_prompt(checkpoint)?;
        let mut text_model = TextModel::load(Self::NAME, model, &["last_hidden_state"])?;
        let mut lowercase = false;
        if let Some((value, file)) = read_file(checkpoint, "sentence_bert_config.json")? {
            let r = Reader::new(&value, &file)?;
            lowercase = r.bool("do_lower_case", false)?;
            text_model.lower_max_length(r.opt_usize("max_seq_length")?);
        }
        Ok(Self { model: text_model, pooling, lowercase, prompt })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<EmbeddingSettings> {
        self
    }

    fn run_batch(&self, inputs: &[TextInput], _: &EmbeddingOptions) -> Result<Vec<Embedding>, TaskError> {
        let prepare = |input: &TextInput| TextInput {
            text: self.prepare(&input.text),
            pair: input.pair.as_deref().map(|pair| self.prepare(pair)),
        };
        let prepared: Vec<TextInput> = inputs.iter().map(prepare).collect();
        let texts = self.model.encode(&prepared, &self.model.cutting(true))?;
        self.model.run(&texts, |_, outputs| {
            let hidden = outputs.tokens("last_hidden_state", 2)?;
            Ok(Embedding { values: self.pooling.pool(hidden.vectors()) })
        })
    }
}

impl Adjustable<EmbeddingSettings> for SentenceEmbedder {
    fn apply(&mut self, settings: &EmbeddingSettings) {
        self.model.apply(&TextSettings { max_length: settings.max_length });
        settings.apply(&mut self.pooling);
    }

    fn set_batch_size(&mut self, size: usize) {
        self.model.set_batch_size(size);
    }
}

impl JsonPipeline for SentenceEmbedder {
    fn parse_input(value: &Value) -> Result<TextInput, String> {
        TextInput::parse(value)
    }

    fn output_json(output: Embedding) -> Value {
        to_json(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosines() {
        let embedding = |values: &[f32]| Embedding { values: values.to_vec() };
        let [a, b, zero] = [embedding(&[3.0, 4.0]), embedding(&[4.0, 3.0]), embedding(&[0.0, 0.0])];
        assert_eq!(a.cosine(&b), 0.96);
        assert_eq!(a.cosine(&zero), 0.0);
    }
}
