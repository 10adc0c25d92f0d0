//! `text2text-generation`, `summarization` and `translation`: an encoder reads a text, its decoder writes another one.
//!
//! They have the semantics of the pipelines that transformers had until version 4.

mod languages;
mod options;
mod parameters;
mod writer;

use serde::Serialize;
use serde_json::{Value, json};

pub use self::options::{Text2TextOptions, TranslationOptions};
use self::writer::Writer;
use super::error::TaskError;
use super::pipeline::{JsonPipeline, Pipeline};
use super::settings::Adjustable;
use super::text_input::parse_text;
use crate::generate::{FinishReason, GenerationConfig};
use crate::load::Model;

/// What a model wrote.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WrittenText {
    /// The text.
    pub text: String,
    /// Its tokens, the one that ended them included.
    pub token_ids: Vec<u32>,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// What else it wrote, where `num_return_sequences` asks for more than one text; with beams this one is the best,
    /// and then the next best.
    pub others: Vec<WrittenText>,
}

/// Makes texts of texts; transformers' `Text2TextGenerationPipeline`.
pub struct Text2TextGenerator(Writer);

/// Says texts in short; transformers' `SummarizationPipeline`.
pub struct Summarizer(Writer);

/// Says texts in another language; transformers' `TranslationPipeline`.
///
/// What a model translates from and into is said by [`TranslationOptions`] to a tokenizer that has tokens for languages
/// (mBART, NLLB), or chooses a prefix that the config has for the pair (T5). Other models know one pair, or are told in
/// the text itself.
pub struct Translator(Writer);

/// Defines what is the same for all: the pipeline's name, its options, and the key of its texts.
macro_rules! text_to_text {
    ($pipeline:ident, $name:literal, $key:literal, $options:ty) => {
        impl Pipeline for $pipeline {
            const NAME: &'static str = $name;
            type Input = String;
            type Options = $options;
            type Settings = GenerationConfig;
            type Output = WrittenText;

            fn load(model: &Model) -> Result<Self, TaskError> {
                Ok(Self(Writer::load(Self::NAME, model)?))
            }

            fn adjustable(&mut self) -> &mut dyn Adjustable<GenerationConfig> {
                &mut self.0.settings
            }

            fn run_batch(
                &self,
                inputs: &[String],
                options: &$options,
            ) -> Result<Vec<WrittenText>, TaskError> {
                self.0.run(inputs, &options.into())
            }
        }

        impl JsonPipeline for $pipeline {
            fn parse_input(value: &Value) -> Result<String, String> {
                parse_text(value)
            }

            /// A list of texts, as the pipeline has it, each with the tokens and the reason of its end.
            fn output_json(output: WrittenText) -> Value {
                let text = |written: &WrittenText| {
                    let WrittenText { text, token_ids, finish_reason, .. } = written;
                    json!({ $key: text, "token_ids": token_ids, "finish_reason": finish_reason })
                };
                std::iter::once(&output).chain(&output.others).map(text).collect()
            }
        }
    };
}

text_to_text!(Text2TextGenerator, "text2text-generation", "generated_text", Text2TextOptions);
text_to_text!(Summarizer, "summarization", "summary_text", Text2TextOptions);
text_to_text!(Translator, "translation", "translation_text", TranslationOptions);
