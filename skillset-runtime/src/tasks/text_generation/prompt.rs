//! What is continued: a text or a chat.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{TextGenerationOptions, TextGenerator};
use crate::processors::chat::ChatOptions;
use crate::processors::text::{EncodeOptions, OverLong};
use crate::tasks::pipeline::to_json;
use crate::tasks::{Pipeline, TaskError};

/// A message of a chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who says it: `system`, `user`, `assistant`, or what else the chat template knows.
    pub role: String,
    /// What is said.
    #[serde(default)]
    pub content: String,
    /// What else the template reads, such as `tool_calls`.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

impl Message {
    /// A message of a role.
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self { role: role.into(), content: content.into(), more: Map::new() }
    }

    /// A message of the user.
    pub fn user(content: impl Into<String>) -> Self {
        Self::new("user", content)
    }

    /// A message of the model.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self::new("assistant", content)
    }

    /// What the model is told before the chat.
    pub fn system(content: impl Into<String>) -> Self {
        Self::new("system", content)
    }
}

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
            Value::Array(_) => {
                let messages = serde_json::from_value(value.clone());
                Ok(Self::Chat(messages.map_err(|error| format!("expected a list of messages: {error}"))?))
            }
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
                rendered = self.render(messages, options).map_err(|problem| TaskError::Input {
                    task: Self::NAME,
                    index,
                    problem,
                })?;
                (&rendered, false)
            }
        };
        let encode =
            EncodeOptions { add_special_tokens, over_long: OverLong::Allow, ..EncodeOptions::default() };
        let rows = self.processor.encode(&[text.into()], &encode)?.into_rows();
        Ok(rows.iter().flat_map(|row| row.ids.iter().copied().map(i64::from)).collect())
    }

    /// A chat as text, by the checkpoint's template.
    fn render(&self, messages: &[Message], options: &TextGenerationOptions) -> Result<String, String> {
        let templates = self.chat.as_ref().ok_or(
            "expected a text, found a chat, and the checkpoint has no chat template (chat_template.jinja, or \
             chat_template in tokenizer_config.json)",
        )?;
        let last = messages.last().ok_or("expected a chat of at least one message, found none")?;
        let continue_final_message = continues(last, options);
        let chat_options = ChatOptions {
            add_generation_prompt: !continue_final_message,
            continue_final_message,
            tools: options.tools.clone(),
            documents: options.documents.clone(),
            ..ChatOptions::default()
        };
        let messages: Vec<Value> = messages.iter().map(to_json).collect();
        templates.render(&messages, &chat_options).map_err(|error| error.to_string())
    }
}

/// Whether the last message of a chat is continued rather than answered.
fn continues(last: &Message, options: &TextGenerationOptions) -> bool {
    options.continue_final_message.unwrap_or(last.role == "assistant")
}

/// The chat with what was generated: as a new message of the assistant, or at the end of the last one.
pub(super) fn continued(messages: &[Message], new: &str, options: &TextGenerationOptions) -> Vec<Message> {
    let mut messages = messages.to_vec();
    match messages.last_mut() {
        Some(last) if continues(last, options) => last.content.push_str(new),
        _ => messages.push(Message::assistant(new)),
    }
    messages
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

    #[test]
    fn an_assistants_message_is_continued_and_a_users_answered() {
        let options = TextGenerationOptions::default();
        let user = [Message::user("a")];
        assert_eq!(continued(&user, "b", &options), [Message::user("a"), Message::assistant("b")]);
        let assistant = [Message::assistant("a")];
        assert_eq!(continued(&assistant, "b", &options), [Message::assistant("ab")]);
        let answer = TextGenerationOptions { continue_final_message: Some(false), ..options };
        assert_eq!(continued(&assistant, "b", &answer).len(), 2);
    }
}
