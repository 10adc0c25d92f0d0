//! What spells the tokens that a model hears, to fit a config.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::write_json;
use crate::checkpoint::{CheckpointError, Reader};

/// Writes `vocab.json` and `tokenizer_config.json` for a CTC head: a blank where the config has its padding, the delimiter of
/// words, then letters.
pub(super) fn write_letters(config: &Reader<'_>, dir: &Path) -> Result<(), CheckpointError> {
    let size = config.positive("vocab_size", None)?;
    let blank = config.usize("pad_token_id", 0)?;
    let mut others = ["|".to_owned()].into_iter().chain(('a'..).map(String::from));
    let token = |id: usize| {
        let token = if id == blank { "<pad>".to_owned() } else { others.next().unwrap_or_default() };
        (token, json!(id))
    };
    let vocabulary: Map<String, Value> = (0..size).map(token).collect();
    write_json(&dir.join("vocab.json"), &Value::Object(vocabulary))?;
    let settings = json!({
        "tokenizer_class": "Wav2Vec2CTCTokenizer", "pad_token": "<pad>", "word_delimiter_token": "|",
    });
    write_json(&dir.join("tokenizer_config.json"), &settings)
}

/// Writes `generation_config.json` for a model that hears one language and says no times.
pub(super) fn write_generation(config: &Reader<'_>, dir: &Path) -> Result<(), CheckpointError> {
    let mut settings = Map::from_iter([("is_multilingual".to_owned(), json!(false))]);
    for field in ["decoder_start_token_id", "bos_token_id", "eos_token_id", "pad_token_id"] {
        settings.extend(config.value(field).map(|id| (field.to_owned(), id.clone())));
    }
    write_json(&dir.join("generation_config.json"), &Value::Object(settings))
}
