//! Parts of messages: texts and images.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::processors::image::Image;
use crate::tasks::image_source::parse_image;

/// A part of what is said.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A text.
    Text {
        /// The text.
        text: String,
        /// What else the template reads of it.
        more: Map<String, Value>,
    },
    /// An image.
    Image {
        /// The image.
        image: Arc<Image>,
        /// What else the template reads of it; in JSON also where it is from.
        more: Map<String, Value>,
    },
}

/// The keys of an image's source in JSON, of which one is given; any of them is a path, a `data:` URL or base64.
const SOURCES: [&str; 4] = ["image", "url", "path", "base64"];

/// The type of a part, and its key, in which OpenAI's API has an image's source.
const IMAGE_URL: &str = "image_url";

impl Part {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), more: Map::new() }
    }

    /// An image, as it was loaded or decoded.
    pub fn image(image: impl Into<Arc<Image>>) -> Self {
        Self::Image { image: image.into(), more: Map::new() }
    }

    /// Reads `{"type": "text", "text": …}`, `{"type": "image", "path": …}` or
    /// `{"type": "image_url", "image_url": {"url": …}}`.
    pub(super) fn parse(part: &Value) -> Result<Self, String> {
        let expected = || {
            format!("expected an object with \"type\": \"text\", \"image\" or \"image_url\", found {part}")
        };
        let mut more = part.as_object().ok_or_else(expected)?.clone();
        let kind = more.shift_remove("type");
        let source = match kind.as_ref().and_then(Value::as_str).ok_or_else(expected)? {
            "text" => {
                return match more.shift_remove("text") {
                    Some(Value::String(text)) => Ok(Self::Text { text, more }),
                    _ => Err(format!("expected a \"text\", found {part}")),
                };
            }
            "image" => {
                let sources: Vec<&Value> = SOURCES.iter().filter_map(|key| more.get(*key)).collect();
                let [source] = sources[..] else {
                    let sources = SOURCES.join(", ");
                    return Err(format!("expected an image with one of {sources}, found {part}"));
                };
                source
            }
            IMAGE_URL => {
                url(&more).ok_or_else(|| format!("expected an \"image_url\" with a \"url\", found {part}"))?
            }
            _ => return Err(expected()),
        };
        let image = Arc::new(parse_image(source)?);
        Ok(Self::Image { image, more })
    }

    /// The part as a template sees it, which knows one style of images.
    pub(super) fn for_template(&self) -> Value {
        match self {
            Self::Image { more, .. } if more.contains_key(IMAGE_URL) => {
                json!({ "type": "image", "url": url(more) })
            }
            _ => json!(self),
        }
    }
}

/// The source of an image in OpenAI's style: `{"image_url": {"url": …}}`, or that without the inner object.
fn url(fields: &Map<String, Value>) -> Option<&Value> {
    match fields.get(IMAGE_URL)? {
        Value::Object(inner) => inner.get("url"),
        source => Some(source),
    }
}

impl Serialize for Part {
    /// As it is given in JSON.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (mut part, more) = match self {
            Self::Text { text, more } => (json!({ "type": "text", "text": text }), more),
            Self::Image { more, .. } if more.contains_key(IMAGE_URL) => (json!({ "type": IMAGE_URL }), more),
            Self::Image { more, .. } => (json!({ "type": "image" }), more),
        };
        for (key, value) in more {
            part[key] = value.clone();
        }
        part.serialize(serializer)
    }
}

impl From<&str> for Part {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Part {
    fn from(text: String) -> Self {
        Self::text(text)
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

    fn size(part: &Part) -> Option<(usize, usize)> {
        match part {
            Part::Image { image, .. } => Some(image.size()),
            Part::Text { .. } => None,
        }
    }

    #[test]
    fn images_have_a_source_or_are_given() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        image::RgbImage::new(2, 3).save(&path).unwrap();
        for key in SOURCES {
            let given = json!({ "type": "image", key: path });
            let part = Part::parse(&given).unwrap();
            assert_eq!(size(&part), Some((3, 2)));
            assert_eq!((json!(part), part.for_template()), (given.clone(), given));
        }
        let pixels = Image::from_pixels(vec![0; 3], 1, 1, 3).unwrap();
        assert_eq!(json!(Part::from(pixels)), json!({ "type": "image" }));
    }

    #[test]
    fn openais_style_is_kept_but_for_templates() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        image::RgbImage::new(2, 3).save(&path).unwrap();
        for image_url in [json!({ "url": path, "detail": "low" }), json!(path)] {
            let given = json!({ "type": "image_url", "image_url": image_url });
            let part = Part::parse(&given).unwrap();
            assert_eq!(size(&part), Some((3, 2)));
            assert_eq!(json!(part), given);
            assert_eq!(part.for_template(), json!({ "type": "image", "url": path }));
        }
    }

    #[test]
    fn mistakes_are_named() {
        let error = |part: Value| Part::parse(&part).unwrap_err();
        assert_eq!(
            error(json!({ "type": "video" })),
            "expected an object with \"type\": \"text\", \"image\" or \"image_url\", found {\"type\":\"video\"}"
        );
        assert_eq!(
            error(json!({ "type": "image" })),
            "expected an image with one of image, url, path, base64, found {\"type\":\"image\"}"
        );
        assert_eq!(
            error(json!({ "type": "image_url", "image_url": {} })),
            "expected an \"image_url\" with a \"url\", found {\"type\":\"image_url\",\"image_url\":{}}"
        );
        assert_eq!(error(json!({ "type": "text" })), "expected a \"text\", found {\"type\":\"text\"}");
    }
}
