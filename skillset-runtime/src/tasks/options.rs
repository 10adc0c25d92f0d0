//! Options of a task, as values and as JSON.

use serde_json::Value;

use super::error::TaskError;
use crate::checkpoint::{ConfigError, Reader};
use crate::model::nearest;

/// Options that can be read from a JSON object.
pub trait TaskOptions: Default + Send + Sync {
    /// The names of the options.
    const FIELDS: &'static [&'static str];

    /// Whether there is an option of this name.
    fn has(name: &str) -> bool {
        Self::FIELDS.contains(&name)
    }

    /// Reads the options that an object has; the others take their defaults.
    ///
    /// # Errors
    /// Names the first option that has the wrong type or an impossible value.
    fn read(r: &Reader<'_>) -> Result<Self, ConfigError>;
}

/// Reads the options of `task` from an object, or takes the defaults for `null`.
///
/// # Errors
/// Names the first option that is unknown, or has the wrong type or an impossible value.
pub(super) fn parse_options<T: TaskOptions>(task: &'static str, value: &Value) -> Result<T, TaskError> {
    if value.is_null() {
        return Ok(T::default());
    }
    let r = Reader::new(value, &format!("{task} options"))?;
    if let Some(unknown) = r.keys().find(|key| !T::has(key)) {
        return Err(TaskError::UnknownOption {
            task,
            name: unknown.to_owned(),
            near: nearest(unknown, T::FIELDS.iter().copied()).map(str::to_owned),
            known: T::FIELDS.to_vec(),
        });
    }
    Ok(T::read(&r)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tasks::{ClassificationOptions, ScoreFunction};

    #[test]
    fn options_are_read_and_mistakes_named() {
        let parse = |value| parse_options::<ClassificationOptions>("text-classification", &value);
        let error = |value| parse(value).unwrap_err().to_string();
        let options = parse(json!({"top_k": null, "function_to_apply": "none"})).unwrap();
        assert_eq!((options.top_k, options.function_to_apply), (None, Some(ScoreFunction::None)));
        assert_eq!(parse(Value::Null).unwrap(), ClassificationOptions::default());
        assert_eq!(
            error(json!({"topk": 2})),
            "text-classification has no option \"topk\" (did you mean \"top_k\"?); its options are top_k, \
             function_to_apply, truncation"
        );
        assert_eq!(
            error(json!({"top_k": "all"})),
            "text-classification options: /top_k: expected a non-negative integer, found \"all\""
        );
        assert_eq!(
            error(json!({"function_to_apply": "tanh"})),
            "text-classification options: /function_to_apply: expected softmax, sigmoid or none, found \"tanh\""
        );
    }
}
