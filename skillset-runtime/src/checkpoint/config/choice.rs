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
}
