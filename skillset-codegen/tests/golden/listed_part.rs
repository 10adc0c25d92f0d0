//! The config of listed_part (`model_type` "listed_part") and what else transformers says of it.

use skillset_runtime::checkpoint::{ConfigError, Json, Reader, ToJson, object};
use skillset_runtime::model::{FieldInfo, Metadata};

/// The config of listed_part.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `depth`
    pub depth: Option<usize>,
}

impl Config {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// If a field has a value that it cannot have.
    pub fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            depth: r.opt_usize("depth")?,
        })
    }
}

impl ToJson for Config {
    fn to_json(&self) -> Json {
        object(&[("depth", &self.depth)])
    }
}

/// What transformers says of listed_part.
pub static METADATA: Metadata = Metadata {
    model_type: "listed_part",
    title: None,
    modality: None,
    class: None,
    prefix: None,
    tasks: &[],
    processors: &[],
    fields: &[
        FieldInfo {
            name: "depth",
            kind: "usize?",
            default: "null",
            doc: "`depth`",
        },
    ],
    aliases: &[],
    config: |r| r.all(Config::read).map(|config| config.to_json()),
};
