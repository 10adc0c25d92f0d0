//! The vocabulary of a made tokenizer: a token for every id that the model has.

use std::collections::BTreeMap;

use serde_json::Value;

use super::image_tokens::IMAGE;
use crate::checkpoint::{ConfigError, Reader};
use crate::processors::text::Role;

/// The words that the samples are made of; they come before anything else, in case the vocabulary is small.
pub(in crate::harness) const WORDS: [&str; 12] =
    ["the", "river", "is", "calm", "we", "see", "a", "boat", "near", "old", "town", "today"];

/// Special tokens, the name that each gets, and the fields of a config that may say its id. Models that begin
/// and end their texts with `bos` and `eos` have no other tokens for it.
const SPECIAL: [(Role, &str, &[&str]); 5] = [
    (Role::Pad, "[PAD]", &["pad_token_id"]),
    (Role::Unk, "[UNK]", &["unk_token_id"]),
    (Role::Cls, "[CLS]", &["cls_token_id", "bos_token_id"]),
    (Role::Sep, "[SEP]", &["sep_token_id", "eos_token_id"]),
    (Role::Mask, "[MASK]", &["mask_token_id"]),
];

/// The tokens by their ids, and which of them are special.
pub(super) struct Vocabulary {
    pub(super) tokens: Vec<String>,
    pub(super) special: BTreeMap<Role, u32>,
    /// The token that stands for an image.
    pub(super) image: Option<u32>,
}

impl Vocabulary {
    /// The special tokens that the config places, `image` being that for images, then as many of the others as there is
    /// room for, then words, letters and fillers.
    ///
    /// # Errors
    /// If the config has no `vocab_size`, or not even room for an unknown token.
    pub(super) fn of(config: &Reader<'_>, image: Option<usize>) -> Result<Self, ConfigError> {
        let size = config.positive("vocab_size", None)?;
        let mut tokens: Vec<Option<String>> = vec![None; size];
        let mut special = BTreeMap::new();
        let image = image.filter(|id| *id < size);
        if let Some(id) = image {
            tokens[id] = Some(IMAGE.to_owned());
        }
        for (role, name, fields) in SPECIAL {
            let placed = fields.iter().find_map(|field| token_id(config, field).filter(|id| *id < size));
            if let Some(id) = placed {
                // Two roles may have one token: its name is that of the first.
                tokens[id].get_or_insert_with(|| name.to_owned());
                special.insert(role, id as u32);
            }
        }
        for (role, name, _) in SPECIAL {
            let free = tokens.iter().position(Option::is_none);
            if let (false, Some(id)) = (special.contains_key(&role), free) {
                tokens[id] = Some(name.to_owned());
                special.insert(role, id as u32);
            }
        }
        if !special.contains_key(&Role::Unk) {
            return Err(config.error("vocab_size", format!("expected room for [UNK], found {size}")));
        }
        let mut pieces = pieces();
        let name = |token: Option<String>| token.or_else(|| pieces.next()).unwrap_or_default();
        Ok(Self { tokens: tokens.into_iter().map(name).collect(), special, image: image.map(|id| id as u32) })
    }

    /// The name of a role's token.
    pub(super) fn name(&self, role: Role) -> Option<&str> {
        self.special.get(&role).map(|&id| self.tokens[id as usize].as_str())
    }
}

/// A token id; of a list of them (`eos_token_id` may be one) the first.
fn token_id(config: &Reader<'_>, field: &str) -> Option<usize> {
    let value = config.value(field)?;
    let first = value.as_array().and_then(|list| list.first()).unwrap_or(value);
    first.as_u64().and_then(|id| usize::try_from(id).ok()).filter(|_| !matches!(value, Value::Null))
}

/// Words, letters at the start of a word and inside of one, and names without end.
fn pieces() -> impl Iterator<Item = String> {
    let words = WORDS.into_iter().filter(|word| word.len() > 1).map(str::to_owned);
    let starts = ('a'..='z').map(String::from);
    let inner = ('a'..='z').map(|letter| format!("##{letter}"));
    let signs = ".,?!".chars().map(String::from);
    words.chain(starts).chain(inner).chain(signs).chain((0..).map(|n| format!("filler{n}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn vocabulary(config: Value) -> Result<Vocabulary, String> {
        let reader = Reader::new(&config, "config.json").unwrap();
        Vocabulary::of(&reader, None).map_err(|error| error.to_string())
    }

    #[test]
    fn special_tokens_are_where_the_config_has_them() {
        let config =
            json!({ "vocab_size": 30, "bos_token_id": 1, "eos_token_id": [2, 7], "pad_token_id": 5 });
        let found = vocabulary(config).unwrap();
        assert_eq!(found.tokens.len(), 30);
        assert_eq!(found.tokens[..7], ["[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "[PAD]", "river"]);
        assert_eq!(found.name(Role::Sep), Some("[SEP]"));
    }

    #[test]
    fn roles_share_a_token_and_ids_beyond_the_vocabulary_do_not_count() {
        let found = vocabulary(json!({ "vocab_size": 6, "bos_token_id": 3, "eos_token_id": 3 })).unwrap();
        assert_eq!((found.name(Role::Cls), found.name(Role::Sep)), (Some("[CLS]"), Some("[CLS]")));
        let found = vocabulary(json!({ "vocab_size": 3, "eos_token_id": 50256 })).unwrap();
        assert_eq!(found.tokens, ["[PAD]", "[UNK]", "[CLS]"]);
        assert_eq!(found.name(Role::Sep), None);
    }

    #[test]
    fn a_vocabulary_needs_room() {
        assert_eq!(
            vocabulary(json!({ "vocab_size": 1 })).err().unwrap(),
            "config.json: /vocab_size: expected room for [UNK], found 1"
        );
    }
}
