//! `text-generation`: how a text or a chat goes on.

mod options;
mod prompt;
mod stream;

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

pub use options::TextGenerationOptions;
pub use prompt::{Message, Prompt};
pub use stream::TextStream;

use super::batch::DEFAULT_BATCH_SIZE;
use super::detokenize::{WithSpecialTokens, to_ids};
use super::error::TaskError;
use super::pipeline::{JsonPipeline, Pipeline};
use crate::generate::{FinishReason, GenerateError, GenerationConfig, Generator, Sequence};
use crate::load::Model;
use crate::processors::chat::ChatTemplates;
use crate::processors::text::{Role, TextProcessor};

/// Continues texts and chats; transformers' `TextGenerationPipeline`.
pub struct TextGenerator {
    generator: Generator,
    processor: Arc<TextProcessor>,
    chat: Option<ChatTemplates>,
    settings: GenerationConfig,
    batch_size: usize,
}

/// A continued prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The generated text; after the prompt's own where that is asked for, which it is by default.
    pub text: String,
    /// The chat with its new (or longer) last message, if the prompt was a chat and is asked for.
    pub messages: Option<Vec<Message>>,
    /// The generated tokens, the one that ended them included.
    pub token_ids: Vec<u32>,
    /// How many tokens the prompt has.
    pub prompt_tokens: usize,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// What beam search ranks it by, see [`Sequence::score`]. `None` without beams.
    pub score: Option<f32>,
    /// The prompt's other continuations where `num_return_sequences` asks for more than one; with beams this one is
    /// the best, and then the next best.
    pub others: Vec<Generated>,
}

impl TextGenerator {
    /// The generator, for prompts that are tokens already.
    pub fn generator(&self) -> &Generator {
        &self.generator
    }

    /// A call's parameters, then those that were set, then the checkpoint's, then those of the pipeline.
    fn config(&self, options: &TextGenerationOptions) -> GenerationConfig {
        let set = options.generation.clone().or(&self.settings).or(self.generator.defaults());
        let pipeline = GenerationConfig {
            // A default number of new tokens must not win over a length that someone set.
            max_new_tokens: set.max_length.is_none().then_some(256),
            do_sample: Some(true),
            temperature: Some(0.7),
            pad_token_id: self.processor.special_id(Role::Pad).map(i64::from),
            ..GenerationConfig::default()
        };
        set.or(&pipeline)
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
        let ids = self.encode(0, &prompt.into(), options)?;
        let config = self.config(options);
        let generation = self.generator.start(&[ids], &config)?;
        if config.num_return_sequences() > 1 {
            let problem = format!("expected 1 for a stream, found {}", config.num_return_sequences());
            return Err(GenerateError::Option { field: "num_return_sequences", problem }.into());
        }
        Ok(TextStream::new(generation, self.processor.stream(options.skip_special_tokens)))
    }

    /// Continues one prompt, hands its text to `on_text` piece by piece, and gives the whole.
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn run_streaming(
        &self,
        prompt: impl Into<Prompt>,
        options: &TextGenerationOptions,
        mut on_text: impl FnMut(&str),
    ) -> Result<Generated, TaskError> {
        let prompt = prompt.into();
        let mut stream = self.stream(prompt.clone(), options)?;
        for piece in &mut stream {
            on_text(&piece?);
        }
        self.finish(&prompt, stream.into_sequence(), options)
    }

    /// What a finished sequence becomes.
    fn finish(
        &self,
        prompt: &Prompt,
        sequence: Sequence,
        options: &TextGenerationOptions,
    ) -> Result<Generated, TaskError> {
        let token_ids = to_ids(sequence.new_tokens());
        let new = self.processor.decode(&token_ids, options.skip_special_tokens)?;
        let full = options.return_full_text;
        let (text, messages) = match prompt {
            Prompt::Text(prompt) if full => (format!("{prompt}{new}"), None),
            Prompt::Text(_) => (new, None),
            Prompt::Chat(messages) => {
                let messages = full.then(|| prompt::continued(messages, &new, options));
                (new, messages)
            }
        };
        // A sequence without a reason was not run to its end, which none is here.
        let finish_reason = sequence.finish.unwrap_or(FinishReason::Length);
        Ok(Generated {
            text,
            messages,
            token_ids,
            prompt_tokens: sequence.prompt,
            finish_reason,
            score: sequence.score,
            others: vec![],
        })
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
        let settings = GenerationConfig::default();
        Ok(Self { generator, processor, chat, settings, batch_size: DEFAULT_BATCH_SIZE })
    }

    fn with_settings(mut self, settings: &GenerationConfig) -> Self {
        self.settings = settings.clone();
        self
    }

    fn with_batch_size(mut self, size: usize) -> Self {
        self.batch_size = size.max(1);
        self
    }

    fn run_batch(
        &self,
        inputs: &[Prompt],
        options: &TextGenerationOptions,
    ) -> Result<Vec<Generated>, TaskError> {
        let encode = |(index, prompt): (usize, &Prompt)| self.encode(index, prompt, options);
        let prompts: Vec<Vec<i64>> = inputs.iter().enumerate().map(encode).collect::<Result<_, _>>()?;
        let mut config = self.config(options);
        let mut results: Vec<Generated> = Vec::with_capacity(inputs.len());
        for batch in prompts.chunks(self.batch_size) {
            let sequences = self.generator.generate(batch, &config)?;
            let drawn = sequences.len();
            let mut sequences = sequences.into_iter();
            while let Some(first) = sequences.next() {
                let prompt = &inputs[results.len()];
                let mut result = self.finish(prompt, first, options)?;
                for other in sequences.by_ref().take(config.num_return_sequences() - 1) {
                    result.others.push(self.finish(prompt, other, options)?);
                }
                results.push(result);
            }
            // A row draws by the seed plus its position among all sequences, however prompts are cut into batches.
            config.seed = config.seed.map(|seed| seed.wrapping_add(drawn as i64));
        }
        Ok(results)
    }
}

impl JsonPipeline for TextGenerator {
    fn parse_input(value: &Value) -> Result<Prompt, String> {
        Prompt::parse(value)
    }

    /// A list of continuations, as the pipeline has it, with the tokens, the reason of the end, and the score of beams.
    fn output_json(mut output: Generated) -> Value {
        let others = std::mem::take(&mut output.others);
        std::iter::once(output).chain(others).map(continuation_json).collect()
    }
}

fn continuation_json(output: Generated) -> Value {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Text {
        Text(String),
        Chat(Vec<Message>),
    }
    let text = output.messages.map_or(Text::Text(output.text), Text::Chat);
    let mut json = json!({
        "generated_text": super::pipeline::to_json(text),
        "token_ids": output.token_ids,
        "finish_reason": super::pipeline::to_json(output.finish_reason),
    });
    if let Some(score) = output.score {
        json["score"] = json!(score);
    }
    json
}
