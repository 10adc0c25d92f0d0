//! The config of listed_part (`model_type` "listed_part") and what else transformers says of it.

use skillset_runtime::checkpoint::{
    CommonConfig, ConfigError, Json, JsonMap, Reader, ToJson, config_to_json,
};
use skillset_runtime::model::{FieldInfo, Metadata};

/// The config of listed_part.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `depth`
    pub depth: Option<usize>,
    /// The fields that every config has.
    pub common: CommonConfig,
    /// What no field above stands for, as the file has it.
    pub extra: JsonMap<String, Json>,
}

impl Config {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// If a field is missing or has a value that it cannot have.
    pub fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        let r = &r.tracking();
        Ok(Self {
            depth: r.opt_usize("depth")?,
            common: CommonConfig::default().read(r)?,
            extra: r.extra(),
        })
    }
}

impl ToJson for Config {
    fn to_json(&self) -> Json {
        config_to_json(&[("depth", &self.depth)], &self.common, &self.extra)
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
    config: |r| Config::read(r).map(|config| ToJson::to_json(&config)),
};
