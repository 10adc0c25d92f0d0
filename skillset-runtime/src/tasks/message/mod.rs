//! Messages of chats.

mod part;

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

pub use self::part::Part;
use crate::processors::image::Image;

/// A message of a chat.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// Who says it: `system`, `user`, `assistant`, or what else the chat template knows.
    pub role: String,
    /// What is said.
    pub content: Content,
    /// What else the template reads, such as `tool_calls`.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// What is said in a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Content {
    /// A text.
    Text(String),
    /// Texts and images, in this order.
    Parts(Vec<Part>),
}

impl Message {
    /// A message of a role.
    pub fn new(role: impl Into<String>, content: impl Into<Content>) -> Self {
        Self { role: role.into(), content: content.into(), more: Map::new() }
    }

    /// A message of the user.
    pub fn user(content: impl Into<Content>) -> Self {
        Self::new("user", content)
    }

    /// A message of the model.
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::new("assistant", content)
    }

    /// What the model is told before the chat.
    pub fn system(content: impl Into<Content>) -> Self {
        Self::new("system", content)
    }

    /// The images in it.
    pub fn images(&self) -> impl Iterator<Item = &Arc<Image>> {
        let parts = match &self.content {
            Content::Text(_) => &[][..],
            Content::Parts(parts) => parts,
        };
        parts.iter().filter_map(|part| match part {
            Part::Image { image, .. } => Some(image),
            Part::Text { .. } => None,
        })
    }

    /// The message as a template sees it: without fields that are null, and images alike whatever style they are given in.
    pub(super) fn for_template(&self) -> Value {
        let more = self.more.iter().filter(|(_, value)| !value.is_null());
        let mut fields: Map<String, Value> = more.map(|(key, value)| (key.clone(), value.clone())).collect();
        let content = match &self.content {
            Content::Text(text) => Value::from(text.as_str()),
            Content::Parts(parts) => parts.iter().map(Part::for_template).collect(),
        };
        fields
            .extend([("role".to_owned(), Value::from(self.role.as_str())), ("content".to_owned(), content)]);
        Value::Object(fields)
    }

    /// Reads a list of messages, and the images in them.
    pub(super) fn parse_all(messages: &[Value]) -> Result<Vec<Self>, String> {
        let parse = |(position, message): (usize, &Value)| {
            Self::parse(message).map_err(|problem| format!("message {position}: {problem}"))
        };
        messages.iter().enumerate().map(parse).collect()
    }

    fn parse(message: &Value) -> Result<Self, String> {
        let expected = || format!("expected an object with role and content, found {message}");
        let mut more = message.as_object().ok_or_else(expected)?.clone();
        let role = more.shift_remove("role");
        let role = role.as_ref().and_then(Value::as_str).ok_or_else(expected)?.to_owned();
        let content = match more.shift_remove("content").unwrap_or_default() {
            Value::Null => Content::Text(String::new()),
            Value::String(text) => Content::Text(text),
            Value::Array(parts) => Content::Parts(parts.iter().map(Part::parse).collect::<Result<_, _>>()?),
            other => return Err(format!("content: expected a text or a list of parts, found {other}")),
        };
        Ok(Self { role, content, more })
    }
}

impl Content {
    /// Appends a text to what is said last.
    pub(super) fn push(&mut self, text: &str) {
        match self {
            Self::Text(said) => said.push_str(text),
            Self::Parts(parts) => match parts.last_mut() {
                Some(Part::Text { text: said, .. }) => said.push_str(text),
                _ => parts.push(text.into()),
            },
        }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Content {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Vec<Part>> for Content {
    fn from(parts: Vec<Part>) -> Self {
        Self::Parts(parts)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tasks::pipeline::to_json;

    fn parse(message: Value) -> Result<Message, String> {
        Message::parse_all(&[message]).map(|mut messages| messages.swap_remove(0))
    }

    #[test]
    fn texts_parts_and_more_are_kept() {
        let part = json!({ "type": "text", "text": "a", "cache_control": null });
        let message =
            json!({ "role": "user", "content": [part, { "type": "text", "text": "b" }], "name": "Ada" });
        let parsed = parse(message.clone()).unwrap();
        let Content::Parts(parts) = &parsed.content else { panic!("{parsed:?}") };
        assert_eq!(parts[1], "b".into());
        assert_eq!(to_json(parsed), message);
        assert_eq!(parse(json!({ "role": "user" })).unwrap(), Message::user(""));
    }

    #[test]
    fn templates_do_not_see_what_is_null() {
        let message = json!({ "role": "assistant", "content": "a", "tool_calls": null, "name": "Ada" });
        let seen = parse(message.clone()).unwrap().for_template();
        assert_eq!(seen, json!({ "role": "assistant", "content": "a", "name": "Ada" }));
        assert_eq!(to_json(parse(message.clone()).unwrap()), message);
    }

    #[test]
    fn mistakes_are_named() {
        let error = |message: Value| parse(message).unwrap_err();
        assert_eq!(error(json!("a")), "message 0: expected an object with role and content, found \"a\"");
        assert_eq!(
            error(json!({ "role": "user", "content": 1 })),
            "message 0: content: expected a text or a list of parts, found 1"
        );
        assert_eq!(
            error(json!({ "role": "user", "content": ["a"] })),
            "message 0: expected an object with \"type\": \"text\", \"image\" or \"image_url\", found \"a\""
        );
    }

    #[test]
    fn what_is_said_goes_on_at_its_end() {
        let said = |mut content: Content| {
            content.push("b");
            content
        };
        assert_eq!(said("a".into()), Content::from("ab"));
        assert_eq!(said(vec!["a".into()].into()), Content::Parts(vec!["ab".into()]));
        assert_eq!(said(Content::Parts(vec![])), Content::Parts(vec!["b".into()]));
    }
}
