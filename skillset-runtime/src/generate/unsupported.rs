//! Fields of `generation_config.json` that would change the result and are not supported.

use serde_json::Value;

use crate::checkpoint::{ConfigError, Reader};

/// When a field changes nothing; `null` never does.
#[derive(Clone, Copy)]
enum Neutral {
    /// Only when it is unset.
    Unset,
    /// When it is this number.
    Number(f64),
    /// When it is false.
    False,
}

/// What is not here and not a field of [`GenerationConfig`](super::GenerationConfig) has no influence: fields of
/// assisted decoding (which is lossless), of groups of beams while there is one (transformers has left groups and
/// constraints to others, too), of caches and compilation, of what `generate` returns, of scores that are not
/// numbers (they are an error here), and fields that transformers does not know either.
const FIELDS: &[(&str, Neutral)] = &[
    ("constraints", Neutral::Unset),
    ("dola_layers", Neutral::Unset),
    ("force_words_ids", Neutral::Unset),
    ("guidance_scale", Neutral::Number(1.0)),
    ("max_time", Neutral::Unset),
    ("num_beam_groups", Neutral::Number(1.0)),
    ("penalty_alpha", Neutral::Number(0.0)),
    ("token_healing", Neutral::False),
    ("watermarking_config", Neutral::Unset),
];

/// Checks that no unsupported field has a value that matters.
///
/// # Errors
/// Names the first one that has.
pub(super) fn check(r: &Reader<'_>) -> Result<(), ConfigError> {
    for (field, neutral) in FIELDS {
        let Some(value) = r.value(field) else { continue };
        let expected = match neutral {
            _ if value.is_null() => continue,
            Neutral::Number(number) if value.as_f64() == Some(*number) => continue,
            Neutral::False if *value == Value::Bool(false) => continue,
            Neutral::Unset => "null".to_owned(),
            Neutral::Number(number) => number.to_string(),
            Neutral::False => "false".to_owned(),
        };
        let message =
            format!("{value} is not supported; expected {expected}, which leaves the field without effect");
        return Err(r.error(field, message));
    }
    Ok(())
}

/// Whether a field is known, though not supported.
pub(super) fn names(field: &str) -> bool {
    FIELDS.iter().any(|(name, _)| *name == field)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check_json(value: Value) -> Result<(), ConfigError> {
        check(&Reader::new(&value, "generation_config.json").unwrap())
    }

    #[test]
    fn neutral_values_pass() {
        check_json(json!({
            "num_beam_groups": 1, "guidance_scale": 1.0, "token_healing": false, "constraints": null,
            "diversity_penalty": 0.5, "cache_implementation": "static", "something_else": [1]
        }))
        .unwrap();
    }

    #[test]
    fn others_are_named() {
        let error = |value| check_json(value).unwrap_err().to_string();
        assert_eq!(
            error(json!({"num_beam_groups": 4})),
            "generation_config.json: /num_beam_groups: 4 is not supported; expected 1, which leaves the field without effect"
        );
        assert_eq!(
            error(json!({"force_words_ids": [5]})),
            "generation_config.json: /force_words_ids: [5] is not supported; expected null, which leaves the field \
             without effect"
        );
    }
}
