//! Fields that may be of one type or another.

use serde_json::Value;

use super::FromConfig;
use super::value::Mismatch;

/// One value, or a list of them: `eos_token_id` is 2, or `[2, 7]`.
#[derive(Clone, Debug, PartialEq)]
pub enum OneOrMany<T> {
    /// One value.
    One(T),
    /// A list.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// The values, whichever way they were given.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl<T: Default> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::One(T::default())
    }
}

impl<T: FromConfig> FromConfig for OneOrMany<T> {
    const EXPECTED: &'static str = "a value or a list of values";

    fn from_config(value: &Value) -> Result<Self, Mismatch> {
        if value.is_array() {
            Vec::from_config(value).map(Self::Many)
        } else {
            T::from_config(value).map(Self::One)
        }
    }
}

/// A value, or a word that stands for one: a rank of 16, or `"auto"`.
#[derive(Clone, Debug, PartialEq)]
pub enum OrString<T> {
    /// A value.
    Plain(T),
    /// A word.
    Word(String),
}

impl<T: Default> Default for OrString<T> {
    fn default() -> Self {
        Self::Plain(T::default())
    }
}

impl<T: FromConfig> FromConfig for OrString<T> {
    const EXPECTED: &'static str = "a value or a word";

    fn from_config(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::String(word) => Ok(Self::Word(word.clone())),
            _ => T::from_config(value).map(Self::Plain),
        }
    }
}

/// A set of words: a list of them, or one text in which `|` stands between them: `["p2c", "c2p"]` or `"p2c|c2p"`; null
/// has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// Whether a word is among them. Those of a text are in lower case.
    pub fn contains(&self, word: &str) -> bool {
        self.0.iter().any(|own| own == word)
    }

    /// The words in their order.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

impl FromConfig for Words {
    const EXPECTED: &'static str = "a list of words, or words with | between them";

    fn from_config(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::String(text) => {
                Ok(Self(text.to_lowercase().split('|').map(|word| word.trim().to_owned()).collect()))
            }
            Value::Array(_) => Vec::from_config(value).map(Self),
            Value::Null => Ok(Self::default()),
            _ => Err(Mismatch::new(Self::EXPECTED, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::checkpoint::Reader;

    #[test]
    fn one_or_many() {
        let config = json!({"one": 2, "many": [2, 7], "wrong": [2, "x"]});
        let r = Reader::new(&config, "config.json").unwrap();
        assert_eq!(r.get::<OneOrMany<i64>>("one", None).unwrap().as_slice(), [2]);
        assert_eq!(r.get::<OneOrMany<i64>>("many", None).unwrap().as_slice(), [2, 7]);
        let error = r.get::<OneOrMany<i64>>("wrong", None).unwrap_err().to_string();
        assert_eq!(error, "config.json: /wrong/1: expected an integer, found \"x\"");
    }

    #[test]
    fn a_value_or_a_word() {
        let config = json!({"rank": 16, "auto": "auto", "wrong": 1.5});
        let r = Reader::new(&config, "config.json").unwrap();
        assert_eq!(r.get::<OrString<usize>>("rank", None), Ok(OrString::Plain(16)));
        assert_eq!(r.get::<OrString<usize>>("auto", None), Ok(OrString::Word("auto".to_owned())));
        let error = r.get::<OrString<usize>>("wrong", None).unwrap_err().to_string();
        assert_eq!(error, "config.json: /wrong: expected a non-negative integer, found 1.5");
    }

    #[test]
    fn words_in_a_list_or_a_text() {
        let config = json!({"list": ["p2c", "C2P"], "text": "P2C | c2p", "none": null, "wrong": 3});
        let r = Reader::new(&config, "config.json").unwrap();
        let words = |field| r.get::<Words>(field, Words::default());
        assert_eq!(words("list").unwrap().as_slice(), ["p2c", "C2P"]);
        assert_eq!(words("text").unwrap().as_slice(), ["p2c", "c2p"]);
        assert!(words("text").unwrap().contains("c2p") && !words("text").unwrap().contains("c2"));
        assert_eq!(words("none"), Ok(Words::default()));
        assert_eq!(words("absent"), Ok(Words::default()));
        assert_eq!(
            words("wrong").unwrap_err().to_string(),
            "config.json: /wrong: expected a list of words, or words with | between them, found 3"
        );
    }
}
