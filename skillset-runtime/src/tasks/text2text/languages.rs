//! Tokenizers that have a token for each language: how a text says which one it is in, and which one is wanted.

use std::path::Path;

use serde_json::Value;

use super::super::error::TaskError;
use crate::checkpoint::{CheckpointError, ConfigError, Reader, read_json_if_present};
use crate::processors::text::{EncodedText, Role, TextProcessor};

/// The languages of a tokenizer.
pub(super) struct Languages {
    form: Form,
    /// Those of texts that do not say.
    source: Option<String>,
    target: Option<String>,
}

/// Where a text has the token of its language.
#[derive(Clone, Copy)]
enum Form {
    /// Behind its end token.
    Last,
    /// Before everything.
    First,
}

/// The tokens of a pair of languages.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    form: Form,
    source: u32,
    /// What translations start with.
    pub target: u32,
    end: u32,
}

impl Languages {
    /// Reads which languages the tokenizer's class puts where; `None` if it knows none.
    pub(super) fn from_dir(dir: &Path) -> Result<Option<Self>, TaskError> {
        let file = dir.join("tokenizer_config.json");
        let Some(value) = read_json_if_present(&file)? else { return Ok(None) };
        Ok(Self::read(&value, &file.display().to_string()).map_err(CheckpointError::from)?)
    }

    fn read(value: &Value, file: &str) -> Result<Option<Self>, ConfigError> {
        let r = Reader::new(value, file)?;
        let class = r.opt_string("tokenizer_class")?.unwrap_or_default();
        let form = match class.trim_end_matches("Fast") {
            "MBartTokenizer" => Form::Last,
            "NllbTokenizer" if r.bool("legacy_behaviour", false)? => Form::Last,
            "NllbTokenizer" | "MBart50Tokenizer" => Form::First,
            _ => return Ok(None),
        };
        Ok(Some(Self { form, source: r.opt_string("src_lang")?, target: r.opt_string("tgt_lang")? }))
    }

    /// The tokens of a pair of languages, as a call names them or the tokenizer's files do.
    ///
    /// # Errors
    /// If a language is not named, or is none that the tokenizer has.
    pub(super) fn pair(
        &self,
        processor: &TextProcessor,
        source: Option<&str>,
        target: Option<&str>,
    ) -> Result<Pair, String> {
        let id = |option: &str, call: Option<&str>, own: &Option<String>| {
            let name = call.or(own.as_deref());
            let name = name.ok_or_else(|| {
                format!("{option}: expected a language, such as en_XX or eng_Latn, found none; name it as an option")
            })?;
            let special = |id: &u32| processor.special_ids().any(|special| special == *id);
            processor.token_to_id(name).filter(special).ok_or_else(|| {
                format!("{option}: expected a language that the tokenizer has, found {name:?}")
            })
        };
        let end = processor.special_id(Role::Eos).ok_or("the tokenizer has no end token")?;
        Ok(Pair {
            form: self.form,
            source: id("src_lang", source, &self.source)?,
            target: id("tgt_lang", target, &self.target)?,
            end,
        })
    }
}

impl Pair {
    /// How many tokens [`mark`](Self::mark) adds.
    pub(super) const ADDED: usize = 2;

    /// Adds what says the language to a text without special tokens.
    pub(super) fn mark(&self, text: &mut EncodedText) {
        let (before, behind) = match self.form {
            Form::Last => (vec![], vec![self.end, self.source]),
            Form::First => (vec![self.source], vec![self.end]),
        };
        text.ids = [before, std::mem::take(&mut text.ids), behind].concat();
        text.type_ids = vec![0; text.ids.len()];
        text.attention_mask = vec![1; text.ids.len()];
    }
}
