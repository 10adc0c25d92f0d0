//! What `tokenizer_config.json` and `special_tokens_map.json` say.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::Value;
use tokenizers::AddedToken;

use super::classes;
use crate::checkpoint::{ConfigError, Reader};

/// `model_max_length` beyond this stands for "no limit" (transformers writes 10³⁰).
const NO_LIMIT: f64 = 1e20;

/// The role of a special token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Begins a sequence.
    Bos,
    /// Ends a sequence.
    Eos,
    /// Stands for what the vocabulary lacks.
    Unk,
    /// Separates sequences.
    Sep,
    /// Fills up short sequences.
    Pad,
    /// Carries the class.
    Cls,
    /// Hides a token that is to be predicted.
    Mask,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 7] = [Self::Bos, Self::Eos, Self::Unk, Self::Sep, Self::Pad, Self::Cls, Self::Mask];

    /// The field of the config, such as `pad_token`.
    pub fn field(self) -> &'static str {
        match self {
            Self::Bos => "bos_token",
            Self::Eos => "eos_token",
            Self::Unk => "unk_token",
            Self::Sep => "sep_token",
            Self::Pad => "pad_token",
            Self::Cls => "cls_token",
            Self::Mask => "mask_token",
        }
    }
}

/// A side of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The beginning.
    Left,
    /// The end.
    Right,
}

impl FromStr for Side {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "left" => Ok(Self::Left),
            "right" => Ok(Self::Right),
            other => Err(format!("expected left or right, found {other:?}")),
        }
    }
}

/// The settings of a text processor.
#[derive(Debug, Clone)]
pub struct TextSettings {
    pub(super) special_tokens: BTreeMap<Role, String>,
    /// Special tokens without a role.
    pub(super) extra_special_tokens: Vec<String>,
    /// Special tokens by fields that only some models have, such as `image_token`.
    named_tokens: BTreeMap<String, String>,
    /// Tokens that the config adds to the vocabulary, by id.
    pub(super) added_tokens: BTreeMap<u32, AddedToken>,
    /// The longest input of the model in tokens; `None` if unlimited.
    pub model_max_length: Option<usize>,
    /// Where padding goes.
    pub padding_side: Side,
    /// Where truncation cuts.
    pub truncation_side: Side,
    /// The token type of padding.
    pub pad_token_type_id: u32,
    /// The inputs that the model takes, such as `input_ids` and `attention_mask`.
    pub model_input_names: Vec<String>,
    /// Whether decoding removes the spaces that word-piece tokenizers leave before punctuation.
    pub clean_up_tokenization_spaces: bool,
    /// Whether special tokens in a text are tokenized like other text.
    pub split_special_tokens: bool,
}

impl TextSettings {
    /// The special token of a role.
    pub fn special_token(&self, role: Role) -> Option<&str> {
        self.special_tokens.get(&role).map(String::as_str)
    }

    /// The special token of a field that only some models have, such as `image_token`.
    pub fn named_token(&self, field: &str) -> Option<&str> {
        self.named_tokens.get(field).map(String::as_str)
    }

    /// Special tokens by their fields, as chat templates see them (`special_tokens_map`).
    pub fn special_tokens(&self) -> impl Iterator<Item = (&str, &str)> {
        let named = self.named_tokens.iter().map(|(field, token)| (field.as_str(), token.as_str()));
        self.special_tokens.iter().map(|(role, token)| (role.field(), token.as_str())).chain(named)
    }

    /// Reads `tokenizer_config.json` over the defaults of its class (or of `class`, if it names none).
    /// `special_tokens_map.json` of older checkpoints counts unless the config has `added_tokens_decoder`.
    pub(in crate::processors) fn read(
        config: &Reader<'_>,
        special_map: Option<&Reader<'_>>,
        class: Option<&str>,
    ) -> Result<Self, ConfigError> {
        let name = config.opt_string("tokenizer_class")?.or_else(|| class.map(str::to_owned));
        let class = name.as_deref().and_then(classes::find);
        let special_map = special_map.filter(|_| !config.has("added_tokens_decoder"));
        let mut special_tokens = BTreeMap::new();
        for role in Role::ALL {
            let field = role.field();
            let token = match special_map.map(|map| token(map, field)).transpose()?.flatten() {
                Some(token) => Some(token),
                None => token(config, field)?,
            };
            let default = || class.and_then(|class| class.special_tokens.get(field).cloned());
            if let Some(token) = token.or_else(default) {
                special_tokens.insert(role, token);
            }
        }
        let named_tokens = named_tokens(config)?;
        let mut extra_special_tokens = extra_tokens(config, special_map)?;
        // Those under `extra_special_tokens` are there already; a token is added once however often it is named.
        extra_special_tokens.extend(named_tokens.values().cloned());
        let default_inputs = class
            .map(|class| class.model_input_names.clone())
            .unwrap_or_else(|| vec!["input_ids".to_owned(), "attention_mask".to_owned()]);
        let max_length = config.opt_f64("model_max_length")?.or(config.opt_f64("max_len")?);
        let max_length = max_length.filter(|&length| length < NO_LIMIT);
        if let Some(length) = max_length.filter(|length| *length < 1.0 || length.fract() != 0.0) {
            let message = format!("expected a positive number of tokens, found {length}");
            return Err(config.error("model_max_length", message));
        }
        let padding_side = match class {
            Some(class) if class.padding_side == "left" => Side::Left,
            _ => Side::Right,
        };
        Ok(Self {
            special_tokens,
            extra_special_tokens,
            named_tokens,
            added_tokens: added_tokens(config)?,
            model_max_length: max_length.map(|length| length as usize),
            padding_side: config.parsed("padding_side", padding_side)?,
            truncation_side: config.parsed("truncation_side", Side::Right)?,
            pad_token_type_id: 0,
            model_input_names: config.opt_list_string("model_input_names")?.unwrap_or(default_inputs),
            clean_up_tokenization_spaces: config.opt_bool("clean_up_tokenization_spaces")?.unwrap_or(false),
            split_special_tokens: config.opt_bool("split_special_tokens")?.unwrap_or(false),
        })
    }
}

/// A token, written as a string or as an object with its `content`.
fn token(r: &Reader<'_>, field: &str) -> Result<Option<String>, ConfigError> {
    match r.value(field) {
        Some(Value::Object(_)) => r.object(field)?.string("content", None).map(Some),
        _ => r.opt_string(field),
    }
}

fn extra_tokens(config: &Reader<'_>, special_map: Option<&Reader<'_>>) -> Result<Vec<String>, ConfigError> {
    let mut tokens = Vec::new();
    for r in [Some(config), special_map].into_iter().flatten() {
        for field in ["extra_special_tokens", "additional_special_tokens"] {
            let content = |value: &Value| match value {
                Value::Object(object) => object.get("content").and_then(Value::as_str).map(str::to_owned),
                other => other.as_str().map(str::to_owned),
            };
            let listed: Vec<_> = match r.value(field) {
                Some(Value::Array(items)) => items.iter().map(content).collect(),
                Some(Value::Object(named)) => named.values().map(content).collect(),
                _ => continue,
            };
            for token in listed {
                tokens.push(token.ok_or_else(|| r.error(field, "expected tokens"))?);
            }
        }
    }
    Ok(tokens)
}

/// Tokens of a model's own fields: those under `extra_special_tokens`, and those of other modalities.
fn named_tokens(config: &Reader<'_>) -> Result<BTreeMap<String, String>, ConfigError> {
    const MODALITIES: [&str; 3] = ["image_token", "video_token", "audio_token"];
    let mut tokens = BTreeMap::new();
    for field in MODALITIES {
        tokens.extend(token(config, field)?.map(|token| (field.to_owned(), token)));
    }
    if matches!(config.value("extra_special_tokens"), Some(Value::Object(_))) {
        let named = config.object("extra_special_tokens")?;
        for field in named.keys() {
            tokens.extend(token(&named, field)?.map(|token| (field.to_owned(), token)));
        }
    }
    Ok(tokens)
}

fn added_tokens(config: &Reader<'_>) -> Result<BTreeMap<u32, AddedToken>, ConfigError> {
    const FIELD: &str = "added_tokens_decoder";
    let Some(table) = config.opt_object(FIELD)? else { return Ok(BTreeMap::new()) };
    let read = |key: &str| {
        let id = key.parse().map_err(|_| table.error(key, "expected a token id as the key"))?;
        let token = table.object(key)?;
        let flag = |field: &str| token.bool(field, false);
        let special = flag("special")?;
        let added = AddedToken {
            content: token.string("content", None)?,
            single_word: flag("single_word")?,
            lstrip: flag("lstrip")?,
            rstrip: flag("rstrip")?,
            normalized: token.bool("normalized", !special)?,
            special,
        };
        Ok((id, added))
    };
    table.keys().map(read).collect()
}
