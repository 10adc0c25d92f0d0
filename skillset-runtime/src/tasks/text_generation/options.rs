//! What a call can ask for.

use serde_json::Value;

use crate::checkpoint::{ConfigError, Reader};
use crate::generate::GenerationConfig;
use crate::tasks::TaskOptions;

/// What a call to a [`TextGenerator`](super::TextGenerator) or an
/// [`ImageTextGenerator`](crate::tasks::ImageTextGenerator) can ask for.
///
/// In JSON the parameters of generation stand beside the others, and `stop_sequence` is another name of
/// `stop_strings`.
#[derive(Clone, Debug, PartialEq)]
pub struct TextGenerationOptions {
    /// Parameters of generation. Unset ones are the checkpoint's; what that does not set either is `max_new_tokens`
    /// 256 and, without images, `do_sample` true and `temperature` 0.7.
    pub generation: GenerationConfig,
    /// Whether the prompt is part of the text. Default: true.
    pub return_full_text: bool,
    /// Whether the tokenizer adds its special tokens to a text. (A chat's template brings its own.)
    /// Default: true.
    pub add_special_tokens: bool,
    /// Whether special tokens are left out of the text. Default: true.
    pub skip_special_tokens: bool,
    /// Whether the chat's last message is continued rather than answered. Default: if it is the assistant's.
    pub continue_final_message: Option<bool>,
    /// JSON schemas of the tools that the model may call, for the chat template. Default: none.
    pub tools: Option<Vec<Value>>,
    /// Documents for the chat template. Default: none.
    pub documents: Option<Vec<Value>>,
}

impl Default for TextGenerationOptions {
    fn default() -> Self {
        Self {
            generation: GenerationConfig::default(),
            return_full_text: true,
            add_special_tokens: true,
            skip_special_tokens: true,
            continue_final_message: None,
            tools: None,
            documents: None,
        }
    }
}

impl TaskOptions for TextGenerationOptions {
    // Those of generation that are asked for most; `has` knows all.
    const FIELDS: &'static [&'static str] = &[
        "return_full_text",
        "add_special_tokens",
        "skip_special_tokens",
        "continue_final_message",
        "tools",
        "documents",
        "stop_sequence",
        "max_new_tokens",
        "max_length",
        "min_new_tokens",
        "num_beams",
        "num_return_sequences",
        "length_penalty",
        "early_stopping",
        "do_sample",
        "temperature",
        "top_k",
        "top_p",
        "min_p",
        "repetition_penalty",
        "no_repeat_ngram_size",
        "stop_strings",
        "seed",
    ];

    fn has(name: &str) -> bool {
        Self::FIELDS.contains(&name) || GenerationConfig::names(name)
    }

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        let generation = GenerationConfig::read(&r.clone().alias(&[("stop_sequence", "stop_strings")]))?;
        Ok(Self {
            generation,
            return_full_text: r.opt_bool("return_full_text")?.unwrap_or(true),
            add_special_tokens: r.opt_bool("add_special_tokens")?.unwrap_or(true),
            skip_special_tokens: r.opt_bool("skip_special_tokens")?.unwrap_or(true),
            continue_final_message: r.opt_bool("continue_final_message")?,
            tools: list(r, "tools")?,
            documents: list(r, "documents")?,
        })
    }
}

/// Reads a list of anything.
fn list(r: &Reader<'_>, field: &str) -> Result<Option<Vec<Value>>, ConfigError> {
    match r.value(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items.clone())),
        Some(other) => Err(r.error(field, format!("expected a list, found {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::generate::EarlyStopping;
    use crate::tasks::options::parse_options;

    #[test]
    fn early_stopping_is_a_boolean_or_never() {
        let parse = |value| {
            parse_options::<TextGenerationOptions>("text-generation", &json!({"early_stopping": value}))
        };
        for (value, expected) in [(json!(true), EarlyStopping::Full), (json!("never"), EarlyStopping::Never)]
        {
            assert_eq!(parse(value).unwrap().generation.early_stopping, Some(expected));
        }
        assert_eq!(
            parse(json!("always")).unwrap_err().to_string(),
            "text-generation options: /early_stopping: expected true, false or \"never\", found \"always\""
        );
    }

    #[test]
    fn parameters_of_generation_stand_beside_the_others() {
        let parse = |value| parse_options::<TextGenerationOptions>("text-generation", &value);
        let options = json!({"stop_sequence": "\n", "top_k": 3, "num_beams": 1, "return_full_text": false});
        let options = parse(options).unwrap();
        assert_eq!(options.generation.stop_strings, Some(vec!["\n".to_owned()]));
        assert_eq!((options.generation.top_k, options.return_full_text), (Some(3), false));
        assert_eq!(
            parse(json!({"num_beam_groups": 4})).unwrap_err().to_string(),
            "text-generation options: /num_beam_groups: 4 is not supported; expected 1, which leaves the field without \
             effect"
        );
        let error = parse(json!({"max_tokens": 4})).unwrap_err().to_string();
        assert!(error.starts_with("text-generation has no option \"max_tokens\" (did you mean"), "{error}");
    }
}
