//! `text-generation`: how a text or a chat goes on.

pub(super) mod chat;
pub(super) mod generated;
mod options;
mod prompt;
mod stream;

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

pub use generated::Generated;
pub use options::TextGenerationOptions;
pub use prompt::Prompt;
pub use stream::TextStream;

use self::generated::decode_with_prompt;
use super::detokenize::WithSpecialTokens;
use super::error::TaskError;
use super::generation::{GenerationSettings, with_defaults};
use super::pipeline::{JsonPipeline, Pipeline};
use super::settings::Adjustable;
use crate::generate::{GenerationConfig, Generator, Sequence};
use crate::load::Model;
use crate::processors::chat::ChatTemplates;
use crate::processors::text::TextProcessor;

/// Continues texts and chats; transformers' `TextGenerationPipeline`.
pub struct TextGenerator {
    generator: Generator,
    processor: Arc<TextProcessor>,
    chat: Option<ChatTemplates>,
    settings: GenerationSettings,
}

impl TextGenerator {
    /// The generator, for prompts that are tokens already.
    pub fn generator(&self) -> &Generator {
        &self.generator
    }

    /// A call's parameters, then those that were set, then the checkpoint's, then those of the pipeline.
    fn config(&self, options: &TextGenerationOptions) -> GenerationConfig {
        let set = options.generation.clone().or(&self.settings.config).or(self.generator.defaults());
        let drawn =
            GenerationConfig { do_sample: Some(true), temperature: Some(0.7), ..GenerationConfig::default() };
        with_defaults(set, &self.processor).or(&drawn)
    }

    /// Continues one prompt and gives its text piece by piece, as whole characters.
    ///
    /// # Errors
    /// As [`Pipeline::run_batch`] before the first token, and if beams or several sequences are asked for; later ones
    /// come from the stream.
    pub fn stream(
        &self,
        prompt: impl Into<Prompt>,
        options: &TextGenerationOptions,
    ) -> Result<TextStream<'_>, TaskError> {
        self.stream_prompt(&prompt.into(), options)
    }

    /// Continues one prompt, hands its text to `on_text` piece by piece, and gives the whole.
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn run_streaming(
        &self,
        prompt: impl Into<Prompt>,
        options: &TextGenerationOptions,
        on_text: impl FnMut(&str),
    ) -> Result<Generated, TaskError> {
        let prompt = prompt.into();
        let sequence = self.stream_prompt(&prompt, options)?.run_to_end(on_text)?;
        self.finish(&prompt, sequence, options)
    }

    fn stream_prompt(
        &self,
        prompt: &Prompt,
        options: &TextGenerationOptions,
    ) -> Result<TextStream<'_>, TaskError> {
        let ids = self.encode(0, prompt, options)?;
        let config = self.config(options);
        let generation = self.generator.start(std::slice::from_ref(&ids), &config)?;
        TextStream::of_one(generation, &ids, &config, &self.processor, options)
    }

    /// What a finished sequence becomes.
    fn finish(
        &self,
        prompt: &Prompt,
        sequence: Sequence,
        options: &TextGenerationOptions,
    ) -> Result<Generated, TaskError> {
        let [prompt_text, text] = decode_with_prompt(&self.processor, &sequence, options)?;
        let new = text.chars().skip(prompt_text.chars().count()).collect();
        Ok(Generated::new(prompt, sequence, new, options))
    }
}

impl Pipeline for TextGenerator {
    const NAME: &'static str = "text-generation";
    type Input = Prompt;
    type Options = TextGenerationOptions;
    type Settings = GenerationConfig;
    type Output = Generated;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let dir = model.checkpoint().dir();
        let processor = Arc::new(TextProcessor::from_dir(dir)?);
        let generator = model.generator()?.with_text(Arc::new(WithSpecialTokens(Arc::clone(&processor))));
        let chat = ChatTemplates::from_dir(dir, processor.settings())?;
        Ok(Self { generator, processor, chat, settings: GenerationSettings::default() })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<GenerationConfig> {
        &mut self.settings
    }

    fn run_batch(
        &self,
        inputs: &[Prompt],
        options: &TextGenerationOptions,
    ) -> Result<Vec<Generated>, TaskError> {
        let encode = |(index, prompt): (usize, &Prompt)| self.encode(index, prompt, options);
        let prompts: Vec<Vec<i64>> = inputs.iter().enumerate().map(encode).collect::<Result<_, _>>()?;
        let generate = |batch: Range<usize>, config: &GenerationConfig| {
            Ok(self.generator.generate(&prompts[batch], config)?)
        };
        let finish = |index: usize, sequence| self.finish(&inputs[index], sequence, options);
        let results = self.settings.in_batches(inputs.len(), self.config(options), generate, finish)?;
        Ok(results.into_iter().map(|(best, others)| Generated { others, ..best }).collect())
    }
}

impl JsonPipeline for TextGenerator {
    fn parse_input(value: &Value) -> Result<Prompt, String> {
        Prompt::parse(value)
    }

    /// A list of continuations, as the pipeline has it, with the tokens, the reason of the end, and the score of beams.
    fn output_json(output: Generated) -> Value {
        output.into_json()
    }
}
