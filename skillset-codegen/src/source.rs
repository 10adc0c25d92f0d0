//! JSON whose every value knows where it stands.
//!
//! A spec may be put together from several files (`extends`), so each value carries its own [`Location`]:
//! an error names the file and place that the author has to change.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use crate::error::Location;

/// A JSON value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands.
    pub at: Location,
    /// What it is.
    pub data: Data,
}

/// A JSON value; members in file order.
#[derive(Clone, Debug)]
pub enum Data {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Node>),
    /// An object.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Parses the text of `file`.
    ///
    /// # Errors
    /// If the text is not JSON or an object has a key twice; the message gives line and column.
    pub fn parse(text: &str, file: &str) -> Result<Self, String> {
        let raw: Raw = serde_json::from_str(text).map_err(|error| format!("broken JSON: {error}"))?;
        Ok(raw.locate(Location::root(file)))
    }

    /// The member `key` of an object.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.members().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The members of an object; none if it is something else.
    pub fn members(&self) -> &[(String, Node)] {
        match &self.data {
            Data::Object(members) => members,
            _ => &[],
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value without its place.
    pub fn to_json(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(value) => (*value).into(),
            Data::Number(value) => Value::Number(value.clone()),
            Data::String(text) => text.as_str().into(),
            Data::Array(items) => items.iter().map(Self::to_json).collect(),
            Data::Object(members) => {
                members.iter().map(|(key, node)| (key.clone(), node.to_json())).collect()
            }
        }
    }

    /// What it is, for messages that say what was found.
    pub fn describe(&self) -> String {
        match &self.data {
            Data::Null => "null".into(),
            Data::Bool(value) => value.to_string(),
            Data::Number(value) => value.to_string(),
            Data::String(text) => format!("{text:?}"),
            Data::Array(_) => "a list".into(),
            Data::Object(_) => "an object".into(),
        }
    }
}

/// JSON before places are given out.
enum Raw {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Raw>),
    Object(Vec<(String, Raw)>),
}

impl Raw {
    fn locate(self, at: Location) -> Node {
        let data = match self {
            Self::Null => Data::Null,
            Self::Bool(value) => Data::Bool(value),
            Self::Number(value) => Data::Number(value),
            Self::String(text) => Data::String(text),
            Self::Array(items) => Data::Array(
                items.into_iter().enumerate().map(|(index, item)| item.locate(at.child(index))).collect(),
            ),
            Self::Object(members) => {
                let located = members.into_iter().map(|(key, value)| {
                    let value = value.locate(at.child(&key));
                    (key, value)
                });
                Data::Object(located.collect())
            }
        };
        Node { at, data }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

/// Unlike `serde_json::Value`, refuses a key that stands twice in an object.
struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Raw, E> {
        Number::from_f64(value).map(Raw::Number).ok_or_else(|| E::custom("expected a finite number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = vec![];
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut members: Vec<(String, Raw)> = vec![];
        while let Some((key, value)) = access.next_entry::<String, Raw>()? {
            if members.iter().any(|(known, _)| *known == key) {
                return Err(de::Error::custom(format_args!("the key {key:?} stands twice in one object")));
            }
            members.push((key, value));
        }
        Ok(Raw::Object(members))
    }
}
