//! What a call can ask for.

use super::super::options::TaskOptions;
use crate::checkpoint::{ConfigError, Reader};
use crate::generate::GenerationConfig;

/// What a call to a [`Text2TextGenerator`](super::Text2TextGenerator) or a [`Summarizer`](super::Summarizer) can ask
/// for.
///
/// In JSON the parameters of generation stand beside the others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text2TextOptions {
    /// Parameters of generation. Unset ones are those that the config has for the task (`task_specific_params`), then
    /// the checkpoint's; what neither sets is `max_new_tokens` 256 and `num_beams` 4.
    pub generation: GenerationConfig,
    /// Whether texts that are longer than the model takes are cut. Default: false.
    pub truncation: bool,
}

/// What a call to a [`Translator`](super::Translator) can ask for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TranslationOptions {
    /// As for any text that is made of a text.
    pub text2text: Text2TextOptions,
    /// The language of the texts, as the tokenizer (`en_XX`, `eng_Latn`) or the config (`en`) calls it. Default: the
    /// tokenizer's own.
    pub src_lang: Option<String>,
    /// The language to translate into. Default: the tokenizer's own.
    pub tgt_lang: Option<String>,
}

impl From<&Text2TextOptions> for TranslationOptions {
    fn from(options: &Text2TextOptions) -> Self {
        Self { text2text: options.clone(), ..Self::default() }
    }
}

impl From<&Self> for TranslationOptions {
    fn from(options: &Self) -> Self {
        options.clone()
    }
}

/// The options beside those of generation, and those of generation that are asked for most.
macro_rules! fields {
    ($($own:literal),*) => {
        &[
            $($own,)*
            "truncation",
            "max_new_tokens",
            "max_length",
            "min_new_tokens",
            "min_length",
            "num_beams",
            "num_return_sequences",
            "do_sample",
            "temperature",
            "top_k",
            "top_p",
            "repetition_penalty",
            "no_repeat_ngram_size",
            "stop_strings",
            "seed",
        ]
    };
}

impl TaskOptions for Text2TextOptions {
    const FIELDS: &'static [&'static str] = fields!();

    fn has(name: &str) -> bool {
        Self::FIELDS.contains(&name) || GenerationConfig::names(name)
    }

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self { generation: GenerationConfig::read(r)?, truncation: r.bool("truncation", false)? })
    }
}

impl TaskOptions for TranslationOptions {
    const FIELDS: &'static [&'static str] = fields!("src_lang", "tgt_lang");

    fn has(name: &str) -> bool {
        Self::FIELDS.contains(&name) || GenerationConfig::names(name)
    }

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            text2text: Text2TextOptions::read(r)?,
            src_lang: r.opt_string("src_lang")?,
            tgt_lang: r.opt_string("tgt_lang")?,
        })
    }
}
