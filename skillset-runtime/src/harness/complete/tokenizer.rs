//! A tokenizer that fits a config.

use std::path::Path;

use serde_json::{Map, Value, json};
use tokenizers::Tokenizer;

use super::image_tokens::{self, IMAGE};
use super::vocabulary::Vocabulary;
use super::{tower, write_json};
use crate::checkpoint::{CheckpointError, Reader};
use crate::model::{ModelType, Task};
use crate::processors::text::Role;

/// Writes `tokenizer.json` and `tokenizer_config.json`.
pub(super) fn write(
    model_type: &ModelType,
    task: &Task,
    config: &Reader<'_>,
    dir: &Path,
) -> Result<(), CheckpointError> {
    let image = image_tokens::id(config)?;
    let nested = tower(config, "text_config", "vocab_size")?;
    let config = nested.as_ref().unwrap_or(config);
    let vocabulary = Vocabulary::of(config, image)?;
    let types = config.opt_usize("type_vocab_size")?;
    let takes = |name: &str| model_type.inputs.iter().any(|input| input.name == name);
    let token_types = takes("token_type_ids") && types != Some(0);
    // Where a model has a single type, the second text is of that one too.
    let second_type = if token_types && types != Some(1) { 1 } else { 0 };

    let path = dir.join("tokenizer.json");
    let tokenizer = tokenizer(&vocabulary, template(&vocabulary, task.generates, second_type));
    // The crate's own reading is the check that it is one.
    let unusable = |error: tokenizers::Error| CheckpointError::Json {
        path: path.clone(),
        message: format!("the tokenizer that was made is none: {error}"),
    };
    Tokenizer::from_bytes(tokenizer.to_string()).map_err(unusable)?;
    write_json(&path, &tokenizer)?;

    let mut settings = Map::new();
    for role in Role::ALL {
        let as_role = match role {
            Role::Bos => Role::Cls,
            Role::Eos => Role::Sep,
            other => other,
        };
        if let Some(token) = vocabulary.name(as_role) {
            settings.insert(role.field().to_owned(), json!(token));
        }
    }
    if vocabulary.image.is_some() {
        settings.insert("image_token".to_owned(), json!(IMAGE));
    }
    let mut inputs = vec!["input_ids", "attention_mask"];
    inputs.extend(token_types.then_some("token_type_ids"));
    settings.insert("model_input_names".to_owned(), json!(inputs));
    write_json(&dir.join("tokenizer_config.json"), &Value::Object(settings))
}

/// Word pieces, as BERT has them: any text of lower-case letters has tokens, and any id a text.
fn tokenizer(vocabulary: &Vocabulary, post_processor: Value) -> Value {
    let ids = |role: &Role| vocabulary.special[role];
    let mut special: Vec<u32> = vocabulary.special.keys().map(ids).chain(vocabulary.image).collect();
    special.sort_unstable();
    special.dedup();
    let added = |id: &u32| {
        json!({
            "id": id, "content": vocabulary.tokens[*id as usize], "special": true, "normalized": false,
            "single_word": false, "lstrip": false, "rstrip": false,
        })
    };
    let words: Map<String, Value> =
        vocabulary.tokens.iter().enumerate().map(|(id, token)| (token.clone(), json!(id))).collect();
    json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": special.iter().map(added).collect::<Vec<_>>(),
        "normalizer": {
            "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
            "lowercase": true,
        },
        "pre_tokenizer": { "type": "BertPreTokenizer" },
        "post_processor": post_processor,
        "decoder": { "type": "WordPiece", "prefix": "##", "cleanup": true },
        "model": {
            "type": "WordPiece", "unk_token": vocabulary.name(Role::Unk), "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": words,
        },
    })
}

/// How texts are put between special tokens: `[CLS] A [SEP] B [SEP]`. What is to be continued does not end.
fn template(vocabulary: &Vocabulary, open_end: bool, second_type: u32) -> Value {
    let special = |role: Role, kind: u32| {
        vocabulary.name(role).map(|name| json!({ "SpecialToken": { "id": name, "type_id": kind } }))
    };
    let text = |id: &str, kind: u32| Some(json!({ "Sequence": { "id": id, "type_id": kind } }));
    let end = |kind| if open_end { None } else { special(Role::Sep, kind) };
    let first = [special(Role::Cls, 0), text("A", 0), end(0)];
    let second = [text("B", second_type), end(second_type)];
    let single: Vec<Value> = first.iter().flatten().cloned().collect();
    let pair: Vec<Value> = first.into_iter().chain(second).flatten().collect();
    let used = [Role::Cls, Role::Sep].into_iter().filter_map(|role| {
        let (name, id) = (vocabulary.name(role)?, vocabulary.special[&role]);
        Some((name.to_owned(), json!({ "id": name, "ids": [id], "tokens": [name] })))
    });
    json!({
        "type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": used.collect::<Map<_, _>>(),
    })
}
