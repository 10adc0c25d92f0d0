//! Cases that an author writes: inputs and expected results for a real checkpoint.
//!
//! A file of cases is a JSON list:
//!
//! ```json
//! [
//!   {
//!     "checkpoint": "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
//!     "input": "I like it",
//!     "options": { "top_k": 1 },
//!     "expected": [{ "label": "POSITIVE", "score": 0.9998 }],
//!     "tolerance": 1e-3
//!   }
//! ]
//! ```
//!
//! | key | meaning |
//! | --- | --- |
//! | `checkpoint` | a directory relative to the crate's folder, or a model id of the Hugging Face hub |
//! | `input` | the input in the JSON form of the task, as `skillset run --json` takes it; an image is a path relative to the crate's folder |
//! | `options` | optional: the options of the task, an object |
//! | `expected` | the result in the JSON form of the task, as `skillset run --json` prints it |
//! | `tolerance` | optional: how much numbers may differ, 2e-4 by default |
//!
//! How results are compared is said at [`differences`]. `tools/record_cases.py` of skillset's
//! repository fills in `expected` from transformers' pipeline.

use std::path::Path;

use serde_json::Value;

use super::behaviour::TOLERANCE;
use super::differences;
use crate::checkpoint::{CheckpointError, ConfigError, Reader, read_json};
use crate::model::nearest;

/// One input and what it gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// A directory or a hub id.
    pub checkpoint: String,
    /// The input in the JSON form of the task.
    pub input: Value,
    /// The options, or null.
    pub options: Value,
    /// The result in the JSON form of the task.
    pub expected: Value,
    /// How much numbers may differ.
    pub tolerance: f64,
}

const KEYS: [&str; 5] = ["checkpoint", "input", "options", "expected", "tolerance"];

impl Case {
    /// Reads a file of cases.
    ///
    /// # Errors
    /// If the file is missing, no list, an empty one, or a case has an unknown, missing or impossible key.
    pub fn read_all(path: &Path) -> Result<Vec<Self>, CheckpointError> {
        let remedy = "`cases` names it relative to the crate's folder";
        let file = path.display().to_string();
        let value = read_json(path, remedy)?;
        let entries = value.as_array().filter(|entries| !entries.is_empty());
        let entries = entries.ok_or_else(|| {
            ConfigError::at(&file, "/", "expected a list of one or more cases, each an object")
        })?;
        let read = |(index, entry)| Self::read(entry, &format!("{file}: /{index}"));
        Ok(entries.iter().enumerate().map(read).collect::<Result<_, _>>()?)
    }

    fn read(value: &Value, place: &str) -> Result<Self, ConfigError> {
        let r = Reader::new(value, place)?;
        if let Some(unknown) = r.keys().find(|key| !KEYS.contains(key)) {
            let near =
                nearest(unknown, KEYS).map(|near| format!(" (did you mean {near:?}?)")).unwrap_or_default();
            return Err(r.error(unknown, format!("unknown key{near}; a case has {}", KEYS.join(", "))));
        }
        let needed =
            |key: &str| r.value(key).cloned().ok_or_else(|| r.error(key, "expected a value, found nothing"));
        let tolerance = r.opt_f64("tolerance")?.unwrap_or(TOLERANCE);
        if tolerance < 0.0 {
            return Err(
                r.error("tolerance", format!("expected a number that is not negative, found {tolerance}"))
            );
        }
        Ok(Self {
            checkpoint: r.string("checkpoint", None)?,
            input: needed("input")?,
            options: r.value("options").cloned().unwrap_or(Value::Null),
            expected: needed("expected")?,
            tolerance,
        })
    }

    /// Compares a result with the expected one.
    ///
    /// # Errors
    /// Lists what differs, each by its JSON pointer.
    pub fn check(&self, found: &Value) -> Result<(), String> {
        let found = differences(found, &self.expected, self.tolerance);
        if found.is_empty() { Ok(()) } else { Err(found.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Vec<Case>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cases.json");
        std::fs::write(&path, text).unwrap();
        let error =
            |error: CheckpointError| error.to_string().replace(&dir.path().display().to_string(), "DIR");
        Case::read_all(&path).map_err(error)
    }

    #[test]
    fn a_case_needs_little() {
        let cases = read(r#"[{ "checkpoint": "a/b", "input": "x", "expected": [0.5] }]"#).unwrap();
        assert_eq!((cases[0].tolerance, &cases[0].options), (2e-4, &Value::Null));
        cases[0].check(&json!([0.5001])).unwrap();
        assert_eq!(
            cases[0].check(&json!([0.6])).unwrap_err(),
            "/0: expected 0.5, found 0.6 (1.0e-1 off, 2.0e-4 is allowed)"
        );
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| read(text).unwrap_err();
        assert_eq!(error("[]"), "DIR/cases.json: /: expected a list of one or more cases, each an object");
        assert_eq!(
            error(r#"[{ "checkpoint": "a/b", "input": "x", "expectd": 1 }]"#),
            "DIR/cases.json: /0: /expectd: unknown key (did you mean \"expected\"?); a case has checkpoint, input, \
             options, expected, tolerance"
        );
        assert_eq!(
            error(r#"[{ "checkpoint": "a/b", "input": "x" }]"#),
            "DIR/cases.json: /0: /expected: expected a value, found nothing"
        );
        assert_eq!(
            error(r#"[{ "checkpoint": "a/b", "input": "x", "expected": 1, "tolerance": -1 }]"#),
            "DIR/cases.json: /0: /tolerance: expected a number that is not negative, found -1"
        );
    }
}
