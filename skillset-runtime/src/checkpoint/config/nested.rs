//! Configs in configs.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{ConfigError, Reader};

/// A nested config whose type the file chooses by `model_type`.
///
/// Its fields are kept as they are; [`reader`](Self::reader) is for the `Config` of that type.
#[derive(Clone, Debug, PartialEq)]
pub struct AnyConfig {
    /// The type.
    pub model_type: String,
    /// The fields, `model_type` included where the file has it.
    pub fields: Map<String, Value>,
    is_given: bool,
    file: String,
    pointer: String,
}

impl AnyConfig {
    /// Whether the file has it; else it is the default of its type.
    pub fn is_given(&self) -> bool {
        self.is_given
    }

    /// A reader of the fields, whose errors name the place in the file that they came from.
    pub fn reader(&self) -> Reader<'_> {
        Reader::at(Cow::Borrowed(&self.fields), self.file.as_str().into(), self.pointer.clone())
    }
}

impl Reader<'_> {
    /// Reads a nested config of a fixed type; a missing or null one is read from `default`, a JSON object.
    ///
    /// # Errors
    /// If it is no object, or `read` finds a field wrong.
    pub fn config<T>(
        &self,
        field: &str,
        default: &str,
        read: impl FnOnce(&Reader<'_>) -> Result<T, ConfigError>,
    ) -> Result<T, ConfigError> {
        read(&self.object_or(field, default)?)
    }

    /// Reads a nested config of a fixed type that may be missing or null.
    ///
    /// # Errors
    /// If it is no object, or `read` finds a field wrong.
    pub fn opt_config<T>(
        &self,
        field: &str,
        read: impl FnOnce(&Reader<'_>) -> Result<T, ConfigError>,
    ) -> Result<Option<T>, ConfigError> {
        self.opt_object(field)?.as_ref().map(read).transpose()
    }

    /// Reads a nested config of any type. One that does not say its type has that of `default`, a JSON object, which
    /// also stands for a missing or null one.
    ///
    /// # Errors
    /// If it is no object, or neither it nor the default has a `model_type`.
    pub fn any_config(&self, field: &str, default: &str) -> Result<AnyConfig, ConfigError> {
        let default = self.default_object(field, default)?;
        let model_type = default.get("model_type").and_then(Value::as_str).map(str::to_owned);
        match self.opt_object(field)? {
            Some(nested) => nested.into_any(model_type, true),
            None => self.nested(field, Cow::Owned(default)).into_any(model_type, false),
        }
    }

    /// Reads a nested config of any type that may be missing or null.
    ///
    /// # Errors
    /// If it is no object, or has no `model_type`.
    pub fn opt_any_config(&self, field: &str) -> Result<Option<AnyConfig>, ConfigError> {
        self.opt_object(field)?.map(|nested| nested.into_any(None, true)).transpose()
    }

    /// Reads a field of no fixed type; a missing one is `default`, as JSON.
    ///
    /// # Errors
    /// If the default is no JSON.
    pub fn json(&self, field: &str, default: &str) -> Result<Value, ConfigError> {
        match self.value(field) {
            Some(value) => Ok(value.clone()),
            None => self.default_json(field, default),
        }
    }

    /// A reader of a nested object; of `default`, a JSON object, where that is missing or null.
    fn object_or(&self, field: &str, default: &str) -> Result<Reader<'_>, ConfigError> {
        match self.opt_object(field)? {
            Some(nested) => Ok(nested),
            None => Ok(self.nested(field, Cow::Owned(self.default_object(field, default)?))),
        }
    }

    fn into_any(self, model_type: Option<String>, is_given: bool) -> Result<AnyConfig, ConfigError> {
        let model_type = self.string("model_type", model_type)?;
        let (file, pointer) = (self.file.to_string(), self.pointer);
        Ok(AnyConfig { model_type, fields: self.object.into_owned(), is_given, file, pointer })
    }

    fn default_object(&self, field: &str, default: &str) -> Result<Map<String, Value>, ConfigError> {
        match self.default_json(field, default)? {
            Value::Object(object) => Ok(object),
            other => Err(self.error(field, format_args!("expected an object as the default, found {other}"))),
        }
    }

    /// A default that a spec has; only a broken build gets an error here.
    pub(super) fn default_json(&self, field: &str, default: &str) -> Result<Value, ConfigError> {
        serde_json::from_str(default)
            .map_err(|error| self.error(field, format_args!("broken default: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_missing_config_is_its_default() {
        let config = json!({"given": {"width": 3}, "null": null});
        let r = Reader::new(&config, "config.json").unwrap();
        let width = |field: &str| r.config(field, r#"{"width": 7}"#, |nested| nested.usize("width", 1));
        assert_eq!((width("given"), width("null"), width("missing")), (Ok(3), Ok(7), Ok(7)));
        assert_eq!(r.opt_config("null", |nested| nested.usize("width", 1)), Ok(None));
    }

    #[test]
    fn the_file_chooses_the_type() {
        let config = json!({"vision": {"model_type": "vit", "width": "x"}, "plain": {}});
        let r = Reader::new(&config, "config.json").unwrap();
        let vision = r.any_config("vision", r#"{"model_type": "clip"}"#).unwrap();
        assert_eq!(vision.model_type, "vit");
        let error = vision.reader().usize("width", 1).unwrap_err().to_string();
        assert_eq!(error, "config.json: /vision/width: expected a non-negative integer, found \"x\"");
        assert_eq!(r.any_config("plain", r#"{"model_type": "clip"}"#).unwrap().model_type, "clip");
        let missing = r.any_config("missing", r#"{"model_type": "clip"}"#).unwrap();
        assert!(vision.is_given() && !missing.is_given());
        assert!(r.opt_any_config("plain").is_err());
    }
}
