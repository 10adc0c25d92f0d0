//! `token-classification`: the entities of a text.

mod aggregate;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use aggregate::{Aggregation, Entity};
use aggregate::{TaggedToken, aggregate, merge_windows};

use super::batch::RowOutputs;
use super::error::TaskError;
use super::options::TaskOptions;
use super::pipeline::{JsonPipeline, Pipeline, to_json};
use super::settings::{Adjustable, TextSettings};
use super::text::{CharText, TextModel};
use super::text_input::parse_text;
use crate::checkpoint::{ConfigError, Labels, Reader};
use crate::load::Model;
use crate::processors::text::{EncodeOptions, EncodedText, Role};
use crate::scores::softmax;

/// Finds entities; transformers' `TokenClassificationPipeline`.
pub struct TokenClassifier {
    model: TextModel,
    labels: Labels,
}

/// What a call to a [`TokenClassifier`] can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenClassificationOptions {
    /// How the tokens of an entity are joined. Default: not at all.
    pub aggregation_strategy: Aggregation,
    /// Labels to leave out. Default: `O`.
    pub ignore_labels: Vec<String>,
    /// How many tokens the windows share into which a long text is cut; needs an aggregation strategy.
    /// Default: a long text is cut off.
    pub stride: Option<usize>,
}

impl Default for TokenClassificationOptions {
    fn default() -> Self {
        Self { aggregation_strategy: Aggregation::None, ignore_labels: vec!["O".to_owned()], stride: None }
    }
}

impl TaskOptions for TokenClassificationOptions {
    const FIELDS: &'static [&'static str] = &["aggregation_strategy", "ignore_labels", "stride"];

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        let defaults = Self::default();
        let options = Self {
            aggregation_strategy: r.opt_parsed("aggregation_strategy")?.unwrap_or_default(),
            ignore_labels: r.opt_list_string("ignore_labels")?.unwrap_or(defaults.ignore_labels),
            stride: r.opt_usize("stride")?,
        };
        if options.stride.is_some() && options.aggregation_strategy == Aggregation::None {
            let problem = "windows need an aggregation_strategy other than none, which joins their entities";
            return Err(r.error("stride", problem));
        }
        Ok(options)
    }
}

impl TokenClassifier {
    /// The entities of one window of a text.
    fn entities(
        &self,
        text: &CharText<'_>,
        window: &EncodedText,
        outputs: &RowOutputs<'_>,
        options: &TokenClassificationOptions,
    ) -> Result<Vec<Entity>, TaskError> {
        let logits = outputs.tokens("logits", 2)?;
        if logits.shape[1] != self.labels.len() {
            let problem = format!(
                "expected a logit for each of the config's {} labels, found {}",
                self.labels.len(),
                logits.shape[1]
            );
            return Err(TaskError::Model { task: Self::NAME, problem });
        }
        let tokens: Vec<TaggedToken> = logits
            .vectors()
            .enumerate()
            .filter(|(index, _)| window.special_tokens_mask[*index] == 0)
            .map(|(index, logits)| self.tag(text, window, index, logits))
            .collect();
        let decode = |tokens: &[&str]| self.model.processor().join_tokens(tokens);
        let mut entities = aggregate(&tokens, &self.labels, options.aggregation_strategy, &decode);
        entities.retain(|entity| !options.ignore_labels.contains(&entity.label));
        Ok(entities)
    }

    /// One token with its scores, its place in the text, and whether it continues a word.
    fn tag(&self, text: &CharText<'_>, window: &EncodedText, index: usize, logits: &[f32]) -> TaggedToken {
        let processor = self.model.processor();
        let mut scores = logits.to_vec();
        softmax(&mut scores);
        let (start, end) = window.char_offsets[index];
        let covered = text.slice(start, end);
        if processor.special_id(Role::Unk) == Some(window.ids[index]) {
            return TaggedToken { word: covered.to_owned(), scores, index, start, end, is_subword: false };
        }
        let word = window.tokens[index].clone();
        let is_subword = if processor.marks_continuations() {
            // A token that is longer than its text carries the mark of a continuation.
            word.chars().count() != covered.chars().count()
        } else {
            // Without marks a word starts where there is a space before it, or at its own first character.
            start > 0 && !text.slice(start - 1, start + 1).contains(' ')
        };
        TaggedToken { word, scores, index, start, end, is_subword }
    }
}

impl Pipeline for TokenClassifier {
    const NAME: &'static str = "token-classification";
    type Input = String;
    type Options = TokenClassificationOptions;
    type Settings = TextSettings;
    type Output = Vec<Entity>;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let labels = model.checkpoint().labels()?;
        Ok(Self { model: TextModel::load(Self::NAME, model, &["logits"])?, labels })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<Self::Settings> {
        &mut self.model
    }

    fn run_batch(
        &self,
        inputs: &[String],
        options: &TokenClassificationOptions,
    ) -> Result<Vec<Vec<Entity>>, TaskError> {
        let encode = EncodeOptions {
            stride: options.stride.unwrap_or(0),
            overflow: options.stride.is_some(),
            ..self.model.cutting(true)
        };
        // All windows of all texts run together; a window's `sample` is its text.
        let windows = self.model.encode(inputs, &encode)?;
        let texts: Vec<CharText<'_>> = inputs.iter().map(|text| CharText::new(text)).collect();
        let found = self.model.run(&windows, |index, outputs| {
            let window = &windows[index];
            self.entities(&texts[window.sample], window, &outputs, options)
        })?;
        let mut results: Vec<Vec<Vec<Entity>>> = inputs.iter().map(|_| vec![]).collect();
        for (entities, window) in found.into_iter().zip(&windows) {
            results[window.sample].push(entities);
        }
        let join = |windows: Vec<Vec<Entity>>| {
            let several = windows.len() > 1;
            let entities = windows.into_iter().flatten().collect();
            if several { merge_windows(entities) } else { entities }
        };
        Ok(results.into_iter().map(join).collect())
    }
}

impl JsonPipeline for TokenClassifier {
    fn parse_input(value: &Value) -> Result<String, String> {
        parse_text(value)
    }

    fn output_json(output: Vec<Entity>) -> Value {
        to_json(output)
    }
}
