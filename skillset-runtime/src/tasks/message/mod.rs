//! Messages of chats.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::images::parse_image;
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

/// A part of what is said.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A text.
    Text(String),
    /// An image.
    Image {
        /// The image.
        image: Arc<Image>,
        /// What else the template reads of it; in JSON also where it is from.
        more: Map<String, Value>,
    },
}

/// The keys of an image's source in JSON, of which one is given.
const SOURCES: [&str; 3] = ["path", "image", "url"];

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
            Part::Text(_) => None,
        })
    }

    /// Reads a list of messages. Images are read from their files.
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
                Some(Part::Text(said)) => said.push_str(text),
                _ => parts.push(Part::Text(text.to_owned())),
            },
        }
    }
}

impl Part {
    /// An image, as it was loaded or decoded.
    pub fn image(image: impl Into<Arc<Image>>) -> Self {
        Self::Image { image: image.into(), more: Map::new() }
    }

    /// Reads `{"type": "text", "text": …}` or `{"type": "image", "path": …}`.
    fn parse(part: &Value) -> Result<Self, String> {
        let expected = || format!("expected an object with \"type\": \"text\" or \"image\", found {part}");
        let mut more = part.as_object().ok_or_else(expected)?.clone();
        let kind = more.shift_remove("type");
        match kind.as_ref().and_then(Value::as_str).ok_or_else(expected)? {
            "text" => match more.get("text") {
                Some(Value::String(text)) => Ok(Self::Text(text.clone())),
                _ => Err(format!("expected a \"text\", found {part}")),
            },
            "image" => {
                let sources: Vec<&Value> = SOURCES.iter().filter_map(|key| more.get(*key)).collect();
                let [source] = sources[..] else {
                    return Err(format!(
                        "expected an image with one of {}, found {part}",
                        SOURCES.join(", ")
                    ));
                };
                let image = Arc::new(parse_image(source)?);
                Ok(Self::Image { image, more })
            }
            _ => Err(expected()),
        }
    }
}

impl Serialize for Part {
    /// As templates see it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let part = match self {
            Self::Text(text) => json!({ "type": "text", "text": text }),
            Self::Image { more, .. } => {
                let mut part = Map::from_iter([("type".to_owned(), json!("image"))]);
                part.extend(more.clone());
                Value::Object(part)
            }
        };
        part.serialize(serializer)
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

impl From<&str> for Part {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Part {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Image> for Part {
    fn from(image: Image) -> Self {
        Self::image(image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(message: Value) -> Result<Message, String> {
        Message::parse_all(&[message]).map(|mut messages| messages.swap_remove(0))
    }

    #[test]
    fn texts_parts_and_more_are_kept() {
        let message = json!({ "role": "user", "content": [{ "type": "text", "text": "a" }], "name": "Ada" });
        let parsed = parse(message.clone()).unwrap();
        assert_eq!(parsed.content, Content::Parts(vec!["a".into()]));
        assert_eq!(serde_json::to_value(parsed).unwrap(), message);
        assert_eq!(parse(json!({ "role": "user" })).unwrap(), Message::user(""));
    }

    #[test]
    fn images_have_a_source_or_are_given() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        image::RgbImage::new(2, 3).save(&path).unwrap();
        let part = json!({ "type": "image", "path": path });
        let message = parse(json!({ "role": "user", "content": [part] })).unwrap();
        assert_eq!(message.images().map(|image| image.size()).collect::<Vec<_>>(), [(3, 2)]);
        assert_eq!(serde_json::to_value(&message).unwrap()["content"][0], part);
        let pixels = Image::from_pixels(vec![0; 3], 1, 1, 3).unwrap();
        assert_eq!(serde_json::to_value(Part::from(pixels)).unwrap(), json!({ "type": "image" }));
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
            error(json!({ "role": "user", "content": [{ "type": "video" }] })),
            "message 0: expected an object with \"type\": \"text\" or \"image\", found {\"type\":\"video\"}"
        );
        assert_eq!(
            error(json!({ "role": "user", "content": [{ "type": "image" }] })),
            "message 0: expected an image with one of path, image, url, found {\"type\":\"image\"}"
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
