//! What CTC models say: transformers' `Wav2Vec2CTCTokenizer`, the direction from token ids to text.
//!
//! Connectionist temporal classification (Graves et al. 2006): of each run of equal tokens one counts, and blanks,
//! for which the padding token stands, none.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::decode::clean_up;
use super::load::with_configs;
use super::settings::{Role, TextSettings};
use crate::checkpoint::{ConfigError, Reader, read_json, read_json_if_present};
use crate::processors::ProcessorError;

/// The class, which is also that of a checkpoint that names none.
const CLASS: &str = "Wav2Vec2CTCTokenizer";

/// Decodes the best token of each frame.
#[derive(Debug, Clone)]
pub struct CtcTokenizer {
    tokens: HashMap<u32, String>,
    unknown: String,
    blank: String,
    /// The token between words, and what stands for it in a text.
    delimiter: Option<String>,
    space: String,
    lowers_case: bool,
    cleans_up: bool,
}

/// A part of a text and the frames that say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CtcSpan {
    /// A character (or token), or a word.
    pub text: String,
    /// The first frame.
    pub start: usize,
    /// The frame after the last one.
    pub end: usize,
}

impl CtcTokenizer {
    /// The tokenizer of a checkpoint directory: `vocab.json`, with `tokenizer_config.json`, `special_tokens_map.json`
    /// and `added_tokens.json` where there are any.
    pub fn from_dir(dir: impl AsRef<Path>) -> Result<Self, ProcessorError> {
        let dir = dir.as_ref();
        let path = dir.join("vocab.json");
        let remedy = "a CTC model needs it to spell what it hears";
        let (mut settings, own) = with_configs(dir, |config, map| {
            let settings = TextSettings::read(config, map, Some(CLASS))?;
            Ok((settings, Own::read(config)?))
        })?;
        let vocabulary = read_json(&path, remedy)?;
        let r = Reader::new(&vocabulary, &path.display().to_string())?;
        let r = match &own.target_lang {
            Some(language) if r.has(language) => r.object(language)?,
            Some(language) => return Err(own.unknown_language(&r, language).into()),
            None => r,
        };
        let mut tokens = ids(&r)?;
        let by_id = |added: (&u32, &tokenizers::AddedToken)| (*added.0, added.1.content.clone());
        let mut added: HashMap<u32, String> = settings.added_tokens.iter().map(by_id).collect();
        let path = dir.join("added_tokens.json");
        if let Some(value) = read_json_if_present(&path)? {
            added.extend(ids(&Reader::new(&value, &path.display().to_string())?)?);
        }
        // The vocabulary wins.
        for (id, token) in added {
            tokens.entry(id).or_insert(token);
        }
        let mut role = |role, default: &str| {
            let token = settings.special_tokens.remove(&role).unwrap_or_else(|| default.to_owned());
            // Special tokens that the vocabulary lacks follow it.
            if !tokens.values().any(|known| *known == token) {
                let next = tokens.keys().max().map_or(0, |last| last + 1);
                tokens.insert(next, token.clone());
            }
            token
        };
        let (_, _) = (role(Role::Bos, "<s>"), role(Role::Eos, "</s>"));
        let (unknown, blank) = (role(Role::Unk, "<unk>"), role(Role::Pad, "<pad>"));
        Ok(Self {
            tokens,
            unknown,
            blank,
            delimiter: own.delimiter,
            space: own.space,
            lowers_case: own.lowers_case,
            cleans_up: settings.clean_up_tokenization_spaces,
        })
    }

    /// The text of the best token of each frame.
    pub fn decode(&self, ids: &[u32]) -> String {
        let text: String = self.characters(ids).into_iter().map(|span| span.text).collect();
        let text = text.trim();
        let text = if self.lowers_case { text.to_lowercase() } else { text.to_owned() };
        if self.cleans_up { clean_up(&text) } else { text }
    }

    /// The characters and where they are.
    pub fn characters(&self, ids: &[u32]) -> Vec<CtcSpan> {
        let tokens: Vec<&str> = ids.iter().map(|id| self.token(*id)).collect();
        let mut end = 0;
        let spans = tokens.chunk_by(|a, b| a == b).map(|run| {
            let start = end;
            end += run.len();
            let is_delimiter = self.delimiter.as_deref() == Some(run[0]);
            let text = if is_delimiter { self.space.as_str() } else { run[0] };
            (run[0], CtcSpan { text: text.to_owned(), start, end })
        });
        spans.filter(|(token, _)| *token != self.blank).map(|(_, span)| span).collect()
    }

    /// The words and where they are.
    pub fn words(&self, ids: &[u32]) -> Vec<CtcSpan> {
        let characters = self.characters(ids);
        let words = characters.split(|span| span.text == self.space).filter_map(|word| {
            let (first, last) = (word.first()?, word.last()?);
            let text = word.iter().map(|span| span.text.as_str()).collect();
            Some(CtcSpan { text, start: first.start, end: last.end })
        });
        words.collect()
    }

    fn token(&self, id: u32) -> &str {
        self.tokens.get(&id).unwrap_or(&self.unknown)
    }
}

/// What only this class has in `tokenizer_config.json`.
struct Own {
    delimiter: Option<String>,
    space: String,
    lowers_case: bool,
    target_lang: Option<String>,
}

impl Own {
    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        let class = r.opt_string("tokenizer_class")?.unwrap_or_else(|| CLASS.to_owned());
        r.require(
            class == CLASS,
            "tokenizer_class",
            format_args!("{CLASS}, the only one for CTC that is supported"),
        )?;
        Ok(Self {
            // transformers 5 takes the token that a file names for one of many special tokens, and keeps to its own.
            delimiter: r.opt_string_or("word_delimiter_token", String::new())?.map(|_| "|".to_owned()),
            space: r.string("replace_word_delimiter_char", " ".to_owned())?,
            lowers_case: r.bool("do_lower_case", false)?,
            target_lang: r.opt_string("target_lang")?,
        })
    }

    fn unknown_language(&self, r: &Reader<'_>, language: &str) -> ConfigError {
        let known: Vec<&str> = r.keys().take(20).collect();
        let known = known.join(", ");
        r.error(language, format!("expected the vocabulary of target_lang, found only those of {known}"))
    }
}

/// A table of tokens and their ids, by id.
fn ids(r: &Reader<'_>) -> Result<HashMap<u32, String>, ConfigError> {
    let id = |token: &str| match r.value(token) {
        Some(Value::Object(_)) => Err(r.error(
            token,
            "expected an id, found another vocabulary; set target_lang in tokenizer_config.json",
        )),
        _ => Ok((r.usize(token, None)? as u32, token.to_owned())),
    };
    r.keys().map(id).collect()
}
