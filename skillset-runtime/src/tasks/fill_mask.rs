//! `fill-mask`: what could stand in the place of a mask token.

use serde::Serialize;
use serde_json::Value;

use super::batch::RowOutputs;
use super::error::TaskError;
use super::options::TaskOptions;
use super::pipeline::{JsonPipeline, Pipeline, to_json};
use super::settings::{Adjustable, TextSettings};
use super::text::TextModel;
use super::text_input::TextInput;
use crate::checkpoint::{ConfigError, Reader};
use crate::load::Model;
use crate::processors::text::{EncodeOptions, EncodedText, Role, Truncation};
use crate::scores::{softmax, top_k};

/// Fills masks; transformers' `FillMaskPipeline`.
pub struct MaskFiller {
    model: TextModel,
    mask: u32,
}

/// What a call to a [`MaskFiller`] can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillMaskOptions {
    /// How many tokens to return for each mask, best first. Default: 5.
    pub top_k: usize,
    /// The words to choose from; their scores stay those among all tokens. One that is no token stands for the
    /// first token it is made of. Default: the whole vocabulary.
    pub targets: Option<Vec<String>>,
    /// Whether to cut texts that are too long for the model, rather than refuse them. Default: false.
    pub truncation: bool,
}

/// A token that could stand in the place of a mask.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FillMask {
    /// Its probability.
    pub score: f32,
    /// Its id.
    pub token: u32,
    /// Its text.
    pub token_str: String,
    /// The text with the token in the mask's place, as the tokenizer decodes it. With several masks the special
    /// tokens stay, since the other masks are such.
    pub sequence: String,
}

impl Default for FillMaskOptions {
    fn default() -> Self {
        Self { top_k: 5, targets: None, truncation: false }
    }
}

impl TaskOptions for FillMaskOptions {
    const FIELDS: &'static [&'static str] = &["top_k", "targets", "truncation"];

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        let targets = match r.value("targets") {
            Some(Value::Array(_)) => r.opt_list_string("targets")?,
            _ => r.opt_string("targets")?.map(|target| vec![target]),
        };
        let top_k = r.opt_usize("top_k")?.unwrap_or(5);
        Ok(Self { top_k, targets, truncation: r.bool("truncation", false)? })
    }
}

impl MaskFiller {
    /// The ids of the words to choose from.
    fn target_ids(&self, targets: &[String]) -> Result<Vec<u32>, TaskError> {
        let mut ids = vec![];
        for target in targets {
            let own = self.model.processor().token_to_id(target);
            match own.map_or_else(|| self.first_token(target), |id| Ok(Some(id)))? {
                Some(id) => ids.push(id),
                None => tracing::warn!("fill-mask: the target {target:?} has no token and is left out"),
            }
        }
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            let problem = "targets: expected at least one word that has a token, found none".to_owned();
            return Err(TaskError::Model { task: Self::NAME, problem });
        }
        Ok(ids)
    }

    /// The first token of a word that is none itself.
    fn first_token(&self, word: &str) -> Result<Option<u32>, TaskError> {
        let options = EncodeOptions {
            add_special_tokens: false,
            truncation: Truncation::LongestFirst,
            max_length: Some(1),
            ..EncodeOptions::default()
        };
        let rows = self.model.processor().encode(&[word.into()], &options)?.into_rows();
        Ok(rows.first().and_then(|row| row.ids.first().copied()))
    }

    /// The best tokens at each mask of a text.
    fn fill(
        &self,
        text: &EncodedText,
        outputs: &RowOutputs<'_>,
        targets: Option<&[u32]>,
        k: usize,
    ) -> Result<Vec<Vec<FillMask>>, TaskError> {
        let processor = self.model.processor();
        let logits = outputs.tokens("logits", 2)?;
        let masks: Vec<usize> = (0..text.ids.len()).filter(|&at| text.ids[at] == self.mask).collect();
        let fill_one = |&at: &usize| {
            let mut scores = logits.values[at * logits.shape[1]..][..logits.shape[1]].to_vec();
            softmax(&mut scores);
            let candidates: Vec<(u32, f32)> = match targets {
                None => top_k(&scores, k).into_iter().map(|id| (id as u32, scores[id])).collect(),
                Some(ids) => {
                    let score = |id: &u32| scores.get(*id as usize).copied().unwrap_or(0.0);
                    let of_targets: Vec<f32> = ids.iter().map(score).collect();
                    top_k(&of_targets, k).into_iter().map(|n| (ids[n], of_targets[n])).collect()
                }
            };
            let fill = |(token, score)| {
                let mut ids = text.ids.clone();
                ids[at] = token;
                // Written in a text, a padding token is no part of the sequence either.
                ids.retain(|&id| Some(id) != processor.special_id(Role::Pad));
                Ok(FillMask {
                    score,
                    token,
                    token_str: processor.decode(&[token], false)?,
                    sequence: processor.decode(&ids, masks.len() == 1)?,
                })
            };
            candidates.into_iter().map(fill).collect()
        };
        masks.iter().map(fill_one).collect()
    }
}

impl Pipeline for MaskFiller {
    const NAME: &'static str = "fill-mask";
    type Input = TextInput;
    type Options = FillMaskOptions;
    type Settings = TextSettings;
    /// For each mask of the text, the tokens.
    type Output = Vec<Vec<FillMask>>;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let model = TextModel::load(Self::NAME, model, &["logits"])?;
        let mask = model.processor().special_id(Role::Mask).ok_or_else(|| {
            let problem = "the tokenizer has no mask token, so there is nothing to fill".to_owned();
            TaskError::Model { task: Self::NAME, problem }
        })?;
        Ok(Self { model, mask })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<Self::Settings> {
        &mut self.model
    }

    fn run_batch(
        &self,
        inputs: &[TextInput],
        options: &FillMaskOptions,
    ) -> Result<Vec<Vec<Vec<FillMask>>>, TaskError> {
        let targets = options.targets.as_deref().map(|targets| self.target_ids(targets)).transpose()?;
        let texts = self.model.encode(inputs, &self.model.cutting(options.truncation))?;
        if let Some(index) = texts.iter().position(|text| !text.ids.contains(&self.mask)) {
            let mask = self.model.processor().special_token(Role::Mask).unwrap_or_default();
            let problem = format!("expected the mask token {mask} in the text, found none");
            return Err(TaskError::Input { task: Self::NAME, index, problem });
        }
        self.model.run(&texts, |index, outputs| {
            self.fill(&texts[index], &outputs, targets.as_deref(), options.top_k)
        })
    }
}

impl JsonPipeline for MaskFiller {
    fn parse_input(value: &Value) -> Result<TextInput, String> {
        TextInput::parse(value)
    }

    /// With one mask, its tokens; with several, a list for each.
    fn output_json(mut output: Vec<Vec<FillMask>>) -> Value {
        match output.pop() {
            Some(only) if output.is_empty() => to_json(only),
            last => to_json(output.into_iter().chain(last).collect::<Vec<_>>()),
        }
    }
}
