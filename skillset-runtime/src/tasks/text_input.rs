//! A text, or a pair of texts, as an input.

use serde_json::Value;

use crate::processors::text;

/// A text, or two that are encoded together (a sentence and its context, a premise and a hypothesis).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextInput {
    /// The text.
    pub text: String,
    /// The second text.
    pub pair: Option<String>,
}

impl From<&str> for TextInput {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), pair: None }
    }
}

impl From<String> for TextInput {
    fn from(text: String) -> Self {
        Self { text, pair: None }
    }
}

impl From<(&str, &str)> for TextInput {
    fn from((text, pair): (&str, &str)) -> Self {
        Self { text: text.to_owned(), pair: Some(pair.to_owned()) }
    }
}

impl<'a> From<&'a TextInput> for text::TextInput<'a> {
    fn from(input: &'a TextInput) -> Self {
        // An empty second text is none, as for transformers' tokenizers.
        match input.pair.as_deref() {
            None | Some("") => Self::Single(&input.text),
            Some(pair) => Self::Pair(&input.text, pair),
        }
    }
}

impl TextInput {
    /// Reads a string, or an object of `text` and perhaps `text_pair`.
    pub(super) fn parse(value: &Value) -> Result<Self, String> {
        if let Some(text) = value.as_str() {
            return Ok(text.into());
        }
        let [text, pair] = string_fields(value, ["text", "text_pair"])?;
        let text = text.ok_or("expected a text, or an object with the key \"text\"")?;
        Ok(Self { text, pair })
    }
}

/// Reads a text.
pub(super) fn parse_text(value: &Value) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("expected a text, found {value}"))
}

/// The fields of an object that has strings under (some of) these keys and no other keys.
pub(super) fn string_fields<const N: usize>(
    value: &Value,
    keys: [&str; N],
) -> Result<[Option<String>; N], String> {
    let expected = || format!("expected a text, or an object with the keys {}", keys.join(", "));
    let object = value.as_object().ok_or_else(|| format!("{}, found {value}", expected()))?;
    if let Some(unknown) = object.keys().find(|key| !keys.contains(&key.as_str())) {
        return Err(format!("{}, found the key {unknown:?}", expected()));
    }
    if let Some((key, value)) = object.iter().find(|(_, value)| !value.is_string()) {
        return Err(format!("{key}: expected a text, found {value}"));
    }
    Ok(keys.map(|key| object.get(key).and_then(Value::as_str).map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_second_text_is_none() {
        let input = TextInput::from(("a", ""));
        assert!(matches!(text::TextInput::from(&input), text::TextInput::Single("a")));
    }

    #[test]
    fn texts_and_pairs() {
        assert_eq!(TextInput::parse(&json!("a")), Ok("a".into()));
        assert_eq!(TextInput::parse(&json!({"text": "a", "text_pair": "b"})), Ok(("a", "b").into()));
        assert_eq!(
            TextInput::parse(&json!({"text": "a", "pair": "b"})).unwrap_err(),
            "expected a text, or an object with the keys text, text_pair, found the key \"pair\""
        );
        assert_eq!(TextInput::parse(&json!({"text": 1})).unwrap_err(), "text: expected a text, found 1");
        assert_eq!(
            TextInput::parse(&json!(1)).unwrap_err(),
            "expected a text, or an object with the keys text, text_pair, found 1"
        );
    }
}
