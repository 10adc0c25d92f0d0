//! What becomes of continued prompts, whatever continued them.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Prompt, TextGenerationOptions, chat};
use crate::generate::{FinishReason, Sequence};
use crate::processors::text::TextProcessor;
use crate::tasks::detokenize::to_ids;
use crate::tasks::pipeline::to_json;
use crate::tasks::{ImagePrompt, Message, TaskError};

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

/// What was continued.
pub(in crate::tasks) enum Prompted<'a> {
    /// A text.
    Text(&'a str),
    /// A chat.
    Chat(&'a [Message]),
}

impl<'a> From<&'a Prompt> for Prompted<'a> {
    fn from(prompt: &'a Prompt) -> Self {
        match prompt {
            Prompt::Text(text) => Self::Text(text),
            Prompt::Chat(messages) => Self::Chat(messages),
        }
    }
}

impl<'a> From<&'a ImagePrompt> for Prompted<'a> {
    fn from(prompt: &'a ImagePrompt) -> Self {
        match prompt {
            ImagePrompt::Text { text, .. } => Self::Text(text),
            ImagePrompt::Chat(messages) => Self::Chat(messages),
        }
    }
}

impl Generated {
    /// What a finished sequence becomes, whose new tokens say `new`.
    pub(in crate::tasks) fn new<'a>(
        prompt: impl Into<Prompted<'a>>,
        sequence: Sequence,
        new: String,
        options: &TextGenerationOptions,
    ) -> Self {
        let token_ids = to_ids(sequence.new_tokens());
        let full = options.return_full_text;
        let (text, messages) = match prompt.into() {
            Prompted::Text(prompt) if full => (format!("{prompt}{new}"), None),
            Prompted::Text(_) => (new, None),
            Prompted::Chat(messages) => {
                let messages = full.then(|| chat::continued(messages, &new, options));
                (new, messages)
            }
        };
        Self {
            text,
            messages,
            token_ids,
            prompt_tokens: sequence.prompt,
            // A sequence without a reason was not run to its end, which none is here.
            finish_reason: sequence.finish.unwrap_or(FinishReason::Length),
            score: sequence.score,
            others: vec![],
        }
    }

    /// A list of continuations, as pipelines have it, with the tokens, the reason of the end, and the score of beams.
    pub(in crate::tasks) fn into_json(mut self) -> Value {
        let others = std::mem::take(&mut self.others);
        std::iter::once(self).chain(others).map(Self::one_json).collect()
    }

    fn one_json(self) -> Value {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Text {
            Text(String),
            Chat(Vec<Message>),
        }
        let text = self.messages.map_or(Text::Text(self.text), Text::Chat);
        let mut json = json!({
            "generated_text": to_json(text),
            "token_ids": self.token_ids,
            "finish_reason": to_json(self.finish_reason),
        });
        if let Some(score) = self.score {
            json["score"] = json!(score);
        }
        json
    }
}

/// The texts of a sequence's prompt and of all of it. What its new tokens say is the difference: by themselves they may
/// lose the space that they start with.
pub(in crate::tasks) fn decode_with_prompt(
    processor: &TextProcessor,
    sequence: &Sequence,
    options: &TextGenerationOptions,
) -> Result<[String; 2], TaskError> {
    let ids = to_ids(&sequence.tokens);
    let decode = |ids: &[u32]| processor.decode(ids, options.skip_special_tokens);
    Ok([decode(&ids[..sequence.prompt])?, decode(&ids)?])
}
