//! Loading a text processor from a checkpoint directory.

use std::collections::HashSet;
use std::path::Path;

use serde_json::{Map, Value};
use tokenizers::utils::padding::PaddingDirection;
use tokenizers::utils::truncation::TruncationDirection;
use tokenizers::{AddedToken, PostProcessorWrapper, Tokenizer};

use super::TextProcessor;
use super::settings::{Role, Side, TextSettings};
use crate::checkpoint::{CheckpointError, ConfigError, Reader, read_json_if_present};
use crate::processors::ProcessorError;

impl TextProcessor {
    /// The text processor of a checkpoint directory: `tokenizer.json`, with `tokenizer_config.json` and
    /// `special_tokens_map.json` where there are any.
    pub fn from_dir(dir: impl AsRef<Path>) -> Result<Self, ProcessorError> {
        Self::from_dir_as(dir, None)
    }

    /// Like [`from_dir`](Self::from_dir); `class` is the model type's tokenizer class in transformers, whose
    /// defaults hold when the files name no class.
    pub fn from_dir_as(dir: impl AsRef<Path>, class: Option<&str>) -> Result<Self, ProcessorError> {
        let dir = dir.as_ref();
        let mut tokenizer = read_tokenizer(dir)?;
        let settings = with_configs(dir, |config, special_map| {
            let mut settings = TextSettings::read(config, special_map, class)?;
            take_embedded_defaults(&tokenizer, config, &mut settings);
            Ok(settings)
        })?;
        add_tokens(&mut tokenizer, &settings).map_err(|e| unusable(dir, e))?;
        tokenizer.set_encode_special_tokens(settings.split_special_tokens);
        let post_processor = tokenizer.get_post_processor().cloned();
        tokenizer.with_post_processor(None::<PostProcessorWrapper>);
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|e| unusable(dir, e))?;
        Ok(Self { tokenizer, post_processor, settings })
    }
}

/// What `read` makes of `tokenizer_config.json`, empty where there is none, and `special_tokens_map.json`.
pub(super) fn with_configs<T>(
    dir: &Path,
    read: impl FnOnce(&Reader<'_>, Option<&Reader<'_>>) -> Result<T, ConfigError>,
) -> Result<T, ProcessorError> {
    let path = |name: &str| dir.join(name).display().to_string();
    let json = |name: &str| read_json_if_present(&dir.join(name));
    let config = json("tokenizer_config.json")?.unwrap_or_else(|| Value::Object(Map::new()));
    let config = Reader::new(&config, &path("tokenizer_config.json"))?;
    let map = json("special_tokens_map.json")?;
    let map = map.as_ref().map(|map| Reader::new(map, &path("special_tokens_map.json"))).transpose()?;
    Ok(read(&config, map.as_ref())?)
}

fn unusable(dir: &Path, error: tokenizers::Error) -> ProcessorError {
    ProcessorError::Tokenizer { path: dir.join("tokenizer.json"), message: error.to_string() }
}

fn read_tokenizer(dir: &Path) -> Result<Tokenizer, ProcessorError> {
    let path = dir.join("tokenizer.json");
    match std::fs::read(&path) {
        Ok(bytes) => Tokenizer::from_bytes(bytes).map_err(|e| unusable(dir, e)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let old =
                ["vocab.txt", "vocab.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model"];
            let found = old.into_iter().find(|name| dir.join(name).is_file());
            let found = found.map(|name| format!("there is a {name}; ")).unwrap_or_default();
            let remedy = format!(
                "{found}write it once in Python: `from transformers import AutoTokenizer; \
                 AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)`"
            );
            Err(CheckpointError::Missing { path, remedy }.into())
        }
        Err(source) => Err(CheckpointError::Io { path, source }.into()),
    }
}

/// Settings that only `tokenizer.json` has, from the padding and truncation that were on when it was saved.
fn take_embedded_defaults(tokenizer: &Tokenizer, config: &Reader<'_>, settings: &mut TextSettings) {
    if let Some(padding) = tokenizer.get_padding() {
        settings.special_tokens.entry(Role::Pad).or_insert_with(|| padding.pad_token.clone());
        settings.pad_token_type_id = padding.pad_type_id;
        if !config.has("padding_side") {
            settings.padding_side = match padding.direction {
                PaddingDirection::Left => Side::Left,
                PaddingDirection::Right => Side::Right,
            };
        }
    }
    if let Some(truncation) = tokenizer.get_truncation().filter(|_| !config.has("truncation_side")) {
        settings.truncation_side = match truncation.direction {
            TruncationDirection::Left => Side::Left,
            TruncationDirection::Right => Side::Right,
        };
    }
}

/// Adds what the config has and `tokenizer.json` lacks, and makes sure that special tokens count as such.
fn add_tokens(tokenizer: &mut Tokenizer, settings: &TextSettings) -> tokenizers::Result<()> {
    let known = tokenizer.get_added_tokens_decoder();
    let contents: HashSet<_> = known.values().map(|token| token.content.clone()).collect();
    let new = settings.added_tokens.values().filter(|token| !contents.contains(&token.content));
    tokenizer.add_tokens(new.cloned().collect::<Vec<_>>())?;
    let special = settings.special_tokens.values().chain(&settings.extra_special_tokens);
    let special: Vec<_> = special
        .map(|content| {
            let own = settings.added_tokens.values().chain(known.values()).find(|t| &t.content == content);
            AddedToken {
                special: true,
                ..own.cloned().unwrap_or_else(|| AddedToken::from(content.clone(), true))
            }
        })
        .collect();
    tokenizer.add_special_tokens(special)?;
    Ok(())
}
