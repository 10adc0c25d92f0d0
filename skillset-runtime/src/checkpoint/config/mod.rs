//! Typed, checked reading of `config.json`.
//!
//! Emitted configs read every field by one getter call, so that an error names the file, the field as a JSON
//! pointer, what was expected and what was found:
//!
//! ```text
//! config.json: /hidden_size: expected a non-negative integer, found "abc"
//! ```

mod bounded;
mod choice;
mod common;
mod extra;
mod heed;
mod layer_types;
mod layers;
mod nested;
mod rope;
mod stages;
mod to_json;
mod value;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;
use std::str::FromStr;

use serde_json::{Map, Value};

pub use choice::{OneOrMany, OrString, Words};
pub use common::{CommonConfig, config_to_json};
use heed::Heeded;
pub use layer_types::{LayerType, LayerTypes};
pub use layers::{cycle, cycle_then, first_layers, first_of_every, last_of_every};
pub use nested::AnyConfig;
pub use stages::{align_stages, are_stages, is_stage_out};
pub use to_json::{ToJson, object, unsupported};
pub use value::FromConfig;
use value::show;

/// Everything that was wrong with the fields of one JSON file: one line per field.
#[derive(Debug, Default, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    // Boxed so that a result is two words: emitted configs pass one on for each of thousands of fields.
    wrong: Box<Wrong>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Wrong {
    lines: Vec<String>,
    /// The JSON pointer of the field that each line is about.
    pointers: Vec<String>,
}

impl ConfigError {
    /// An error at one field; `pointer` is a JSON pointer such as `/vision_config/hidden_size`.
    pub fn at(file: &str, pointer: &str, message: impl fmt::Display) -> Self {
        Self::line(format!("{file}: {pointer}: {message}"), pointer.to_owned())
    }

    fn line(line: String, pointer: String) -> Self {
        Self { wrong: Box::new(Wrong { lines: vec![line], pointers: vec![pointer] }) }
    }

    /// One message per wrong field, each naming the file and the field.
    pub fn messages(&self) -> &[String] {
        &self.wrong.lines
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.wrong.lines.join("\n"))
    }
}

/// A reader over one JSON object of a file, with typed getters.
///
/// Every getter comes in three forms, here for `usize`:
///
/// | call | missing | `null` |
/// | --- | --- | --- |
/// | `r.usize("hidden_size", 768)` | 768 | error |
/// | `r.usize("hidden_size", None)` | error | error |
/// | `r.opt_usize("head_dim")` | `None` | `None` |
/// | `r.opt_usize_or("sliding_window", 4096)` | `Some(4096)` | `None` |
///
/// A getter returns its error at once, unless the reader [collects](Reader::collecting): then it records the
/// error, returns a stand-in value, and [`finish`](Reader::finish) reports all errors together. Values read
/// before a successful `finish` must not be trusted.
#[derive(Clone)]
pub struct Reader<'a> {
    object: Cow<'a, Map<String, Value>>,
    file: Rc<str>,
    pointer: String,
    aliases: Vec<(String, String)>,
    /// Keys that win over fields: pairs like the aliases.
    replacing: Vec<(String, String)>,
    collected: Option<Rc<RefCell<ConfigError>>>,
    /// The fields whose errors count; none: all.
    heeded: Option<Heeded>,
    /// The keys that something was read from, where that is wanted.
    claimed: Option<Rc<RefCell<BTreeSet<String>>>>,
}

macro_rules! getters {
    ($($name:ident, $opt:ident, $opt_or:ident: $type:ty, $what:literal;)*) => {$(
        #[doc = concat!("Reads ", $what, "; a missing field takes the default, or is an error without one.")]
        pub fn $name(&self, field: &str, default: impl Into<Option<$type>>) -> Result<$type, ConfigError> {
            self.get(field, default)
        }

        #[doc = concat!("Reads ", $what, " that may be missing or `null`.")]
        pub fn $opt(&self, field: &str) -> Result<Option<$type>, ConfigError> {
            self.opt(field)
        }

        #[doc = concat!("Reads ", $what, " that may be `null`; a missing field takes the default.")]
        pub fn $opt_or(&self, field: &str, default: $type) -> Result<Option<$type>, ConfigError> {
            self.opt_or(field, default)
        }
    )*};
}

impl<'a> Reader<'a> {
    /// A reader over the root of `file`, whose parsed content is `value`; an error unless that is an object.
    pub fn new(value: &'a Value, file: &str) -> Result<Self, ConfigError> {
        let Value::Object(object) = value else {
            let message = format!("expected an object, found {}", show(value));
            return Err(ConfigError::line(format!("{file}: {message}"), String::new()));
        };
        Ok(Self::at(Cow::Borrowed(object), file.into(), String::new()))
    }

    fn at(object: Cow<'a, Map<String, Value>>, file: Rc<str>, pointer: String) -> Self {
        let (aliases, replacing) = (vec![], vec![]);
        Self { object, file, pointer, aliases, replacing, collected: None, heeded: None, claimed: None }
    }

    /// Makes this reader, and every reader of a nested object, collect errors instead of returning them.
    pub fn collecting(mut self) -> Self {
        self.collected = Some(Rc::default());
        self
    }

    /// What `read` makes of this reader, or everything that it finds wrong together.
    ///
    /// # Errors
    /// If a field has a value that it cannot have.
    pub fn all<T>(&self, read: impl FnOnce(&Self) -> Result<T, ConfigError>) -> Result<T, ConfigError> {
        let r = self.clone().collecting();
        let value = read(&r)?;
        r.finish().map(|()| value)
    }

    /// Accepts other spellings of fields: pairs of (key in the file, field asked for), as transformers'
    /// `attribute_map` does. A field's own name wins where both are present.
    pub fn alias(mut self, pairs: &[(&str, &str)]) -> Self {
        self.heed_aliases(pairs);
        self.aliases.extend(pairs.iter().map(|&(key, field)| (key.to_owned(), field.to_owned())));
        self
    }

    /// Accepts other spellings of fields that win over the fields' own names unless they are null.
    #[must_use]
    pub fn replacing(mut self, pairs: &[(&str, &str)]) -> Self {
        self.heed_aliases(pairs);
        self.replacing.extend(pairs.iter().map(|&(key, field)| (key.to_owned(), field.to_owned())));
        self
    }

    /// The errors collected so far, in this reader and in all readers that it handed out.
    pub fn finish(&self) -> Result<(), ConfigError> {
        match &self.collected {
            Some(errors) if !errors.borrow().messages().is_empty() => Err(errors.take()),
            _ => Ok(()),
        }
    }

    /// The name of the file, as errors show it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The JSON pointer of `field` in the file.
    pub fn pointer(&self, field: &str) -> String {
        format!("{}/{}", self.pointer, field.replace('~', "~0").replace('/', "~1"))
    }

    /// An error at `field`, for checks that a caller makes itself.
    pub fn error(&self, field: &str, message: impl fmt::Display) -> ConfigError {
        ConfigError::at(&self.file, &self.pointer(field), message)
    }

    /// The keys of this object, in file order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.object.keys().map(String::as_str)
    }

    /// Whether the field, or one of its aliases, is present (`null` counts).
    pub fn has(&self, field: &str) -> bool {
        self.find(field).is_some()
    }

    /// The raw value of a field; `None` where it is missing.
    pub fn value(&self, field: &str) -> Option<&Value> {
        self.find(field).map(|(_, value)| value)
    }

    getters! {
        usize, opt_usize, opt_usize_or: usize, "a size (a non-negative integer)";
        i64, opt_i64, opt_i64_or: i64, "an integer";
        f64, opt_f64, opt_f64_or: f64, "a number";
        bool, opt_bool, opt_bool_or: bool, "a boolean";
        string, opt_string, opt_string_or: String, "a string";
        list_usize, opt_list_usize, opt_list_usize_or: Vec<usize>, "a list of sizes";
        list_i64, opt_list_i64, opt_list_i64_or: Vec<i64>, "a list of integers";
        list_f64, opt_list_f64, opt_list_f64_or: Vec<f64>, "a list of numbers";
        list_bool, opt_list_bool, opt_list_bool_or: Vec<bool>, "a list of booleans";
        list_string, opt_list_string, opt_list_string_or: Vec<String>, "a list of strings";
    }

    /// Reads a field of any readable type; the named getters are this with the type spelled out.
    pub fn get<T: FromConfig>(&self, field: &str, default: impl Into<Option<T>>) -> Result<T, ConfigError> {
        match (self.find(field), default.into()) {
            (Some((key, value)), _) => self.settle(self.convert(key, value)),
            (None, Some(default)) => Ok(default),
            (None, None) => self.settle(Err(self.missing(field, T::EXPECTED))),
        }
    }

    /// Reads a field that may be missing or `null`.
    pub fn opt<T: FromConfig>(&self, field: &str) -> Result<Option<T>, ConfigError> {
        match self.find(field) {
            None | Some((_, Value::Null)) => Ok(None),
            Some((key, value)) => self.settle(self.convert(key, value).map(Some)),
        }
    }

    /// Reads a field that may be `null`; a missing field takes the default.
    pub fn opt_or<T: FromConfig>(&self, field: &str, default: T) -> Result<Option<T>, ConfigError> {
        if self.has(field) { self.opt(field) } else { Ok(Some(default)) }
    }

    /// Reads a string field and parses it. The error is `T`'s own, which should list the valid values. In a
    /// collecting reader the stand-in is the default, so without a default the error is returned at once.
    pub fn parsed<T>(&self, field: &str, default: impl Into<Option<T>>) -> Result<T, ConfigError>
    where
        T: FromStr<Err: fmt::Display>,
    {
        let default = default.into();
        let read = match self.find(field) {
            Some((key, value)) => self.parse_value(key, value),
            None if default.is_some() => Err(None),
            None => Err(Some(self.missing(field, String::EXPECTED))),
        };
        match (read, default) {
            (Ok(parsed), _) => Ok(parsed),
            (Err(None), Some(default)) => Ok(default),
            (Err(Some(error)), Some(default)) if self.record(&error) => Ok(default),
            (Err(error), _) => Err(error.unwrap_or_else(|| self.missing(field, String::EXPECTED))),
        }
    }

    /// Reads and parses a string field that may be missing or `null`.
    pub fn opt_parsed<T>(&self, field: &str) -> Result<Option<T>, ConfigError>
    where
        T: FromStr<Err: fmt::Display>,
    {
        match self.find(field) {
            None | Some((_, Value::Null)) => Ok(None),
            Some((key, value)) => match self.parse_value(key, value) {
                Ok(parsed) => Ok(Some(parsed)),
                Err(Some(error)) if !self.record(&error) => Err(error),
                Err(_) => Ok(None),
            },
        }
    }

    /// Reads and parses a string field that may be `null`; a missing field takes the default.
    pub fn opt_parsed_or<T>(&self, field: &str, default: T) -> Result<Option<T>, ConfigError>
    where
        T: FromStr<Err: fmt::Display>,
    {
        if self.has(field) { self.opt_parsed(field) } else { Ok(Some(default)) }
    }

    /// A reader of a nested object. A missing field reads as an empty object, so that every default applies,
    /// which is how transformers treats a missing sub-config.
    pub fn object(&self, field: &str) -> Result<Reader<'_>, ConfigError> {
        Ok(self.opt_object(field)?.unwrap_or_else(|| self.nested(field, Cow::Owned(Map::new()))))
    }

    /// A reader of a nested object that may be missing or `null`.
    pub fn opt_object(&self, field: &str) -> Result<Option<Reader<'_>>, ConfigError> {
        match self.find(field) {
            None | Some((_, Value::Null)) => Ok(None),
            Some((key, Value::Object(object))) => Ok(Some(self.nested(key, Cow::Borrowed(object)))),
            Some((key, other)) => {
                self.settle(Err(self.error(key, format!("expected an object, found {}", show(other)))))
            }
        }
    }

    /// A reader of an object that stands for what the file has in `field`.
    pub(crate) fn nested<'b>(&'b self, field: &str, object: Cow<'b, Map<String, Value>>) -> Reader<'b> {
        let (collected, heeded) = (self.collected.clone(), self.heeded.clone());
        Reader { collected, heeded, ..Reader::at(object, self.file.clone(), self.pointer(field)) }
    }

    /// The key under which a field is present, and its value.
    fn find(&self, field: &str) -> Option<(&str, &Value)> {
        fn of<'p>(pairs: &'p [(String, String)], field: &str) -> impl Iterator<Item = &'p str> + Clone {
            pairs.iter().filter(move |(_, target)| target == field).map(|(key, _)| key.as_str())
        }
        let get = |key: &str| self.object.get_key_value(key).map(|(key, value)| (key.as_str(), value));
        let (winning, keys) =
            (of(&self.replacing, field), std::iter::once(field).chain(of(&self.aliases, field)));
        self.claim(winning.clone().chain(keys.clone()));
        let mut winning = winning.filter_map(get).filter(|(_, value)| !value.is_null());
        winning.next().or_else(|| keys.filter_map(get).next())
    }

    fn convert<T: FromConfig>(&self, key: &str, value: &Value) -> Result<T, ConfigError> {
        T::from_config(value).map_err(|wrong| {
            let pointer = self.pointer(key) + &wrong.at;
            ConfigError::at(&self.file, &pointer, wrong)
        })
    }

    fn parse_value<T>(&self, key: &str, value: &Value) -> Result<T, Option<ConfigError>>
    where
        T: FromStr<Err: fmt::Display>,
    {
        let text = self.convert::<String>(key, value).map_err(Some)?;
        text.parse().map_err(|e| Some(self.error(key, e)))
    }

    fn missing(&self, field: &str, expected: &str) -> ConfigError {
        self.error(field, format!("expected {expected}, but the field is missing"))
    }

    /// Collects the error and returns a stand-in, or passes the error on.
    fn settle<T: Default>(&self, result: Result<T, ConfigError>) -> Result<T, ConfigError> {
        match result {
            Err(error) if self.record(&error) => Ok(T::default()),
            other => other,
        }
    }

    /// Collects the error if this reader does so and the field is heeded; tells whether there is a stand-in to go on
    /// with.
    fn record(&self, error: &ConfigError) -> bool {
        let Some(collected) = &self.collected else {
            return false;
        };
        let collected = &mut collected.borrow_mut().wrong;
        let Wrong { lines, pointers } = &*error.wrong;
        for (line, pointer) in lines.iter().zip(pointers).filter(|(_, at)| self.heeds(at)) {
            collected.lines.push(line.clone());
            collected.pointers.push(pointer.clone());
        }
        true
    }
}

#[cfg(test)]
mod tests;
