//! `image-text-to-text`: how a text or a chat with images goes on.

mod prompt;

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

pub use prompt::ImagePrompt;

use self::prompt::Encoded;
use super::detokenize::WithSpecialTokens;
use super::error::TaskError;
use super::generation::{GenerationSettings, with_defaults};
use super::pipeline::{JsonPipeline, Pipeline};
use super::settings::Adjustable;
use super::text_generation::generated::decode_with_prompt;
use super::{Generated, TextGenerationOptions, TextStream};
use crate::engine::Tensors;
use crate::generate::{Features, GenerationConfig, MultimodalGenerator, Sequence};
use crate::load::Model;
use crate::processors::chat::ChatTemplates;
use crate::processors::image::SizeGroup;
use crate::processors::multimodal::MultimodalProcessor;
use crate::tensor::Tensor;

/// Continues texts and chats with images; transformers' `ImageTextToTextPipeline`.
pub struct ImageTextGenerator {
    generator: MultimodalGenerator,
    processor: MultimodalProcessor,
    chat: Option<ChatTemplates>,
    settings: GenerationSettings,
}

impl ImageTextGenerator {
    /// The generator, for prompts that are tokens and images that are pixels already.
    pub fn generator(&self) -> &MultimodalGenerator {
        &self.generator
    }

    /// A call's parameters, then those that were set, then the checkpoint's, then those of the pipeline.
    fn config(&self, options: &TextGenerationOptions) -> GenerationConfig {
        let set = options.generation.clone().or(&self.settings.config).or(self.generator.defaults());
        with_defaults(set, self.processor.text())
    }

    /// Continues one prompt and gives its text piece by piece, as whole characters.
    ///
    /// # Errors
    /// As [`Pipeline::run_batch`] before the first token, and if beams or several sequences are asked for; later ones
    /// come from the stream.
    pub fn stream(
        &self,
        prompt: impl Into<ImagePrompt>,
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
        prompt: impl Into<ImagePrompt>,
        options: &TextGenerationOptions,
        on_text: impl FnMut(&str),
    ) -> Result<Generated, TaskError> {
        let prompt = prompt.into();
        let sequence = self.stream_prompt(&prompt, options)?.run_to_end(on_text)?;
        self.finish(&prompt, sequence, options)
    }

    fn stream_prompt(
        &self,
        prompt: &ImagePrompt,
        options: &TextGenerationOptions,
    ) -> Result<TextStream<'_>, TaskError> {
        let Encoded { ids, groups } = self.encode(0, std::slice::from_ref(prompt), options)?;
        let features = self.features(groups)?;
        let config = self.config(options);
        let generation = self.generator.start(&features.iter().collect::<Vec<_>>(), &ids, &config)?;
        TextStream::of_one(generation, &ids[0], &config, self.processor.text(), options)
    }

    /// What the encoder makes of the images, in their order.
    fn features(&self, groups: Vec<SizeGroup>) -> Result<Vec<Features>, TaskError> {
        let images = groups.iter().map(|group| group.positions.len()).sum();
        let mut features: Vec<Option<Features>> = vec![None; images];
        for SizeGroup { positions, batch } in groups {
            let expected = self.processor.image_tokens().count((batch.shape[2], batch.shape[3]));
            let pixels =
                Tensor::new(batch.shape, batch.values).expect("a pixel batch is as large as its shape");
            let inputs = Tensors::from([("pixel_values".to_owned(), pixels)]);
            for (position, image) in positions.iter().zip(self.generator.encode(positions.len(), &inputs)?) {
                if image.tokens() != expected {
                    let problem = format!(
                        "the model makes {} vectors of an image, and processor_config.json has {expected} tokens for \
                         it; patch_size, num_additional_image_tokens and vision_feature_select_strategy have to be \
                         the model's",
                        image.tokens()
                    );
                    return Err(TaskError::Model { task: Self::NAME, problem });
                }
                features[*position] = Some(image);
            }
        }
        Ok(features.into_iter().flatten().collect())
    }

    /// Continues some of the prompts together.
    fn generate(
        &self,
        prompts: &[ImagePrompt],
        first: usize,
        options: &TextGenerationOptions,
        config: &GenerationConfig,
    ) -> Result<Vec<Sequence>, TaskError> {
        let Encoded { ids, groups } = self.encode(first, prompts, options)?;
        let features = self.features(groups)?;
        Ok(self.generator.generate(&features.iter().collect::<Vec<_>>(), &ids, config)?)
    }

    /// What a finished sequence becomes.
    fn finish(
        &self,
        prompt: &ImagePrompt,
        sequence: Sequence,
        options: &TextGenerationOptions,
    ) -> Result<Generated, TaskError> {
        let [before, text] = decode_with_prompt(self.processor.text(), &sequence, options)?;
        Ok(Generated::new(prompt, sequence, behind(&before, text), options))
    }
}

/// What `text` has behind the prompt's text; all of it, as the pipeline has it, where that is not found at its start.
fn behind(prompt: &str, text: String) -> String {
    match text.find(prompt) {
        Some(at) if text[..at].chars().count() <= 2 => text[at + prompt.len()..].to_owned(),
        _ => text,
    }
}

/// Holds the id of the token for images against what the model looks for, where its config says that.
fn check_image_token(model: &Model, processor: &MultimodalProcessor) -> Result<(), TaskError> {
    let config = model.checkpoint().config_reader()?;
    let (token, id) = (&processor.image_tokens().token, i64::from(processor.image_token_id()));
    for field in ["image_token_id", "image_token_index"] {
        if let Some(found) = config.opt_i64(field)?.filter(|&found| found != id) {
            let problem = format!("expected {id}, which {token:?} is in tokenizer.json, found {found}");
            return Err(config.error(field, problem).into());
        }
    }
    Ok(())
}

impl Pipeline for ImageTextGenerator {
    const NAME: &'static str = "image-text-to-text";
    type Input = ImagePrompt;
    type Options = TextGenerationOptions;
    type Settings = GenerationConfig;
    type Output = Generated;

    fn load(model: &Model) -> Result<Self, TaskError> {
        let dir = model.checkpoint().dir();
        let processor = MultimodalProcessor::from_dir(dir)?;
        check_image_token(model, &processor)?;
        let text = WithSpecialTokens(Arc::clone(processor.text()));
        let generator = model.multimodal_generator(Self::NAME)?.with_text(Arc::new(text));
        let chat = ChatTemplates::from_dir(dir, processor.text().settings())?;
        Ok(Self { generator, processor, chat, settings: GenerationSettings::default() })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<GenerationConfig> {
        &mut self.settings
    }

    fn run_batch(
        &self,
        inputs: &[ImagePrompt],
        options: &TextGenerationOptions,
    ) -> Result<Vec<Generated>, TaskError> {
        let generate = |batch: Range<usize>, config: &GenerationConfig| {
            self.generate(&inputs[batch.clone()], batch.start, options, config)
        };
        let finish = |index: usize, sequence| self.finish(&inputs[index], sequence, options);
        let results = self.settings.in_batches(inputs.len(), self.config(options), generate, finish)?;
        Ok(results.into_iter().map(|(best, others)| Generated { others, ..best }).collect())
    }
}

impl JsonPipeline for ImageTextGenerator {
    fn parse_input(value: &Value) -> Result<ImagePrompt, String> {
        ImagePrompt::parse(value)
    }

    /// A list of continuations, as the pipeline has it without its `input_text`; with the tokens, the reason of the end,
    /// and the score of beams.
    fn output_json(output: Generated) -> Value {
        output.into_json()
    }

    /// The same with `input_text`: the text, or the messages, that was continued.
    fn answer_json(input: &Value, _: &TextGenerationOptions, output: Generated) -> Value {
        let input_text = input.get("text").unwrap_or(input);
        let mut answers = Self::output_json(output);
        for answer in answers.as_array_mut().into_iter().flatten() {
            answer["input_text"] = input_text.clone();
        }
        answers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_cut_off_where_it_stands_at_the_start() {
        assert_eq!(behind("see ", "see a river".to_owned()), "a river");
        assert_eq!(behind("see", " see a river".to_owned()), " a river");
        assert_eq!(behind("see", "we all see".to_owned()), "we all see");
        assert_eq!(behind("", "a river".to_owned()), "a river");
    }
}
