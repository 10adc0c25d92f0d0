//! What is continued: a text or a chat.

use serde_json::Value;

use super::{TextGenerationOptions, TextGenerator, chat};
use crate::processors::text::{EncodeOptions, OverLong};
use crate::tasks::{Message, Pipeline, TaskError};

/// A text to continue, or a chat to answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Prompt {
    /// A text.
    Text(String),
    /// A chat, which the checkpoint's chat template makes a text of.
    Chat(Vec<Message>),
}

impl From<&str> for Prompt {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Prompt {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<Message>> for Prompt {
    fn from(messages: Vec<Message>) -> Self {
        Self::Chat(messages)
    }
}

impl Prompt {
    /// Reads a string, or a list of messages.
    pub(super) fn parse(value: &Value) -> Result<Self, String> {
        match value {
            Value::String(text) => Ok(Self::Text(text.clone())),
            Value::Array(messages) => Message::parse_all(messages).map(Self::Chat),
            _ => Err(format!("expected a text or a list of messages, found {value}")),
        }
    }
}

impl TextGenerator {
    /// The tokens of a prompt.
    pub(super) fn encode(
        &self,
        index: usize,
        prompt: &Prompt,
        options: &TextGenerationOptions,
    ) -> Result<Vec<i64>, TaskError> {
        let rendered;
        let (text, add_special_tokens) = match prompt {
            Prompt::Text(text) => (text, options.add_special_tokens),
            Prompt::Chat(messages) => {
                let problem = |problem: String| TaskError::Input { task: Self::NAME, index, problem };
                if messages.iter().any(|message| message.images().next().is_some()) {
                    let refused = "expected a chat of texts, found an image; image-text-to-text takes images";
                    return Err(problem(refused.to_owned()));
                }
                rendered = chat::render(self.chat.as_ref(), messages, options).map_err(problem)?;
                (&rendered, false)
            }
        };
        let encode =
            EncodeOptions { add_special_tokens, over_long: OverLong::Allow, ..EncodeOptions::default() };
        let rows = self.processor.encode(&[text.into()], &encode)?.into_rows();
        Ok(rows.iter().flat_map(|row| row.ids.iter().copied().map(i64::from)).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_and_chats_are_told_apart() {
        assert_eq!(Prompt::parse(&json!("a")), Ok("a".into()));
        let chat = json!([{"role": "user", "content": "a"}]);
        assert_eq!(Prompt::parse(&chat), Ok(vec![Message::user("a")].into()));
        assert_eq!(Prompt::parse(&json!(3)).unwrap_err(), "expected a text or a list of messages, found 3");
    }
}
