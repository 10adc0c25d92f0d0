//! What is continued: a text or a chat with images.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::ImageTextGenerator;
use crate::processors::image::{Image, SizeGroup};
use crate::processors::text::Role;
use crate::tasks::image_source::parse_image;
use crate::tasks::text_generation::chat;
use crate::tasks::{Message, Pipeline, TaskError, TextGenerationOptions};

/// A text to continue, or a chat to answer, with images.
#[derive(Clone, Debug, PartialEq)]
pub enum ImagePrompt {
    /// A text, which has the checkpoint's token for images (such as `<image>`) where each of the images stands.
    Text {
        /// The text.
        text: String,
        /// The images, in the order of their tokens.
        images: Vec<Arc<Image>>,
    },
    /// A chat, which the checkpoint's chat template makes such a text of.
    Chat(Vec<Message>),
}

impl From<&str> for ImagePrompt {
    fn from(text: &str) -> Self {
        Self::Text { text: text.to_owned(), images: vec![] }
    }
}

impl From<String> for ImagePrompt {
    fn from(text: String) -> Self {
        Self::Text { text, images: vec![] }
    }
}

impl From<(Image, &str)> for ImagePrompt {
    fn from((image, text): (Image, &str)) -> Self {
        (vec![image], text).into()
    }
}

impl From<(Vec<Image>, &str)> for ImagePrompt {
    fn from((images, text): (Vec<Image>, &str)) -> Self {
        Self::Text { text: text.to_owned(), images: images.into_iter().map(Arc::new).collect() }
    }
}

impl From<Vec<Message>> for ImagePrompt {
    fn from(messages: Vec<Message>) -> Self {
        Self::Chat(messages)
    }
}

impl ImagePrompt {
    /// Reads a string, an object with `text` and `images`, or a list of messages.
    pub(super) fn parse(value: &Value) -> Result<Self, String> {
        let expected = || {
            format!("expected a text, an object with text and images, or a list of messages, found {value}")
        };
        match value {
            Value::String(text) => Ok(text.as_str().into()),
            Value::Array(messages) => Message::parse_all(messages).map(Self::Chat),
            Value::Object(fields) if fields.keys().all(|key| key == "text" || key == "images") => {
                let text = fields.get("text").and_then(Value::as_str).ok_or_else(expected)?;
                let images = match fields.get("images") {
                    Some(Value::Array(images)) => images.as_slice(),
                    Some(image) => std::slice::from_ref(image),
                    None => &[],
                };
                let images = images.iter().map(parse_image).collect::<Result<Vec<_>, _>>()?;
                Ok((images, text).into())
            }
            _ => Err(expected()),
        }
    }

    fn images(&self) -> Vec<&Arc<Image>> {
        match self {
            Self::Text { images, .. } => images.iter().collect(),
            Self::Chat(messages) => messages.iter().flat_map(Message::images).collect(),
        }
    }
}

/// Prompts as a model takes them.
pub(super) struct Encoded {
    /// The tokens of each prompt.
    pub ids: Vec<Vec<i64>>,
    /// The pixels of the images of all prompts.
    pub groups: Vec<SizeGroup>,
}

impl ImageTextGenerator {
    /// The tokens and pixels of prompts, the first of which is input `first`.
    pub(super) fn encode(
        &self,
        first: usize,
        prompts: &[ImagePrompt],
        options: &TextGenerationOptions,
    ) -> Result<Encoded, TaskError> {
        let images: Vec<&Image> =
            prompts.iter().flat_map(ImagePrompt::images).map(|image| &**image).collect();
        let groups = self.processor.images().process_by_size(&images)?;
        let mut sizes = vec![(0, 0); images.len()];
        for SizeGroup { positions, batch } in &groups {
            positions.iter().for_each(|&position| sizes[position] = (batch.shape[2], batch.shape[3]));
        }
        let mut sizes = &sizes[..];
        let mut ids = Vec::with_capacity(prompts.len());
        for (index, prompt) in prompts.iter().enumerate() {
            let (own, rest) = sizes.split_at(prompt.images().len());
            sizes = rest;
            ids.push(self.tokens(prompt, own, options).map_err(|problem| TaskError::Input {
                task: Self::NAME,
                index: first + index,
                problem,
            })?);
        }
        Ok(Encoded { ids, groups })
    }

    /// The tokens of a prompt whose images become these sizes.
    fn tokens(
        &self,
        prompt: &ImagePrompt,
        sizes: &[(usize, usize)],
        options: &TextGenerationOptions,
    ) -> Result<Vec<i64>, String> {
        let (text, brings_special_tokens) = match prompt {
            ImagePrompt::Text { text, .. } => (Cow::Borrowed(text), false),
            ImagePrompt::Chat(messages) => {
                let text = chat::render(self.chat.as_ref(), messages, options)?;
                // A template that does not start a text leaves that to the tokenizer.
                let start = self.processor.text().special_token(Role::Bos);
                let brings_its_own = start.is_some_and(|start| text.starts_with(start));
                (Cow::Owned(text), brings_its_own)
            }
        };
        let add_special_tokens = options.add_special_tokens && !brings_special_tokens;
        let ids =
            self.processor.encode(&text, sizes, add_special_tokens).map_err(|error| error.to_string())?;
        Ok(ids.into_iter().map(i64::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn inputs_have_a_text_and_perhaps_images() {
        assert_eq!(ImagePrompt::parse(&json!("a")), Ok("a".into()));
        assert_eq!(ImagePrompt::parse(&json!({ "text": "a" })), Ok("a".into()));
        let chat = json!([{ "role": "user", "content": "a" }]);
        assert_eq!(ImagePrompt::parse(&chat), Ok(vec![Message::user("a")].into()));
        for bad in [json!(1), json!({ "images": [] }), json!({ "text": "a", "image": "a.png" })] {
            let error = ImagePrompt::parse(&bad).unwrap_err();
            assert!(
                error.starts_with("expected a text, an object with text and images, or a list"),
                "{error}"
            );
        }
        let error = ImagePrompt::parse(&json!({ "text": "a", "images": "missing.png" })).unwrap_err();
        assert!(error.starts_with("missing.png: "), "{error}");
    }
}
