//! The config of Listed (`model_type` "listed") and what else transformers says of it.

use skillset_runtime::checkpoint::{
    AnyConfig, ConfigError, Json, OneOrMany, OrString, Reader, ToJson, object,
};
use skillset_runtime::ir::Activation;
use skillset_runtime::model::{FieldInfo, Metadata, Modality};

/// The config of Listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `width`
    pub width: usize,
    /// `act`
    pub act: Activation,
    /// `pad_token_id`
    pub pad_token_id: Option<i64>,
    /// `eos_token_id`
    pub eos_token_id: Option<OneOrMany<i64>>,
    /// `rank`
    pub rank: OrString<usize>,
    /// `limits`
    pub limits: Vec<f64>,
    /// `image_size`
    pub image_size: [usize; 2],
    /// `conv_L_cache`
    pub conv_l_cache: usize,
    /// `rope_parameters`
    pub rope_parameters: Json,
    /// `part_config`
    pub part_config: super::listed_part::Config,
    /// `any_config`
    pub any_config: AnyConfig,
    /// `rest`
    pub rest: Json,
}

impl Config {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// If a field has a value that it cannot have.
    pub fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        let r = &r.clone().alias(&[("n_embd", "width")]);
        Ok(Self {
            width: r.usize("width", 8)?,
            act: r.parsed("act", Activation::Gelu)?,
            pad_token_id: r.opt_i64_or("pad_token_id", -1)?,
            eos_token_id: r.opt("eos_token_id")?,
            rank: r.get("rank", OrString::Word("auto".to_owned()))?,
            limits: r.list_f64("limits", vec![0.0, f64::INFINITY])?,
            image_size: r.get("image_size", [32, 32])?,
            conv_l_cache: r.usize("conv_L_cache", 3)?,
            rope_parameters: r
                .rope_parameters("{\"rope_type\":\"default\",\"rope_theta\":10000.0}")?,
            part_config: r
                .config("part_config", "{}", super::listed_part::Config::read)?,
            any_config: r.any_config("any_config", "{\"model_type\":\"listed\"}")?,
            rest: r.json("rest", "null")?,
        })
    }
}

impl ToJson for Config {
    fn to_json(&self) -> Json {
        object(
            &[
                ("width", &self.width),
                ("act", &self.act),
                ("pad_token_id", &self.pad_token_id),
                ("eos_token_id", &self.eos_token_id),
                ("rank", &self.rank),
                ("limits", &self.limits),
                ("image_size", &self.image_size),
                ("conv_L_cache", &self.conv_l_cache),
                ("rope_parameters", &self.rope_parameters),
                ("part_config", &self.part_config),
                ("any_config", &self.any_config),
                ("rest", &self.rest),
            ],
        )
    }
}

/// What transformers says of Listed.
pub static METADATA: Metadata = Metadata {
    model_type: "listed",
    title: Some("Listed"),
    modality: Some(Modality::Text),
    class: Some("ListedModel"),
    prefix: Some("model"),
    tasks: &[
        ("feature-extraction", "ListedModel"),
        ("text-generation", "ListedA"),
        ("text-generation", "ListedB"),
    ],
    processors: &[("tokenizer", "ListedTokenizer")],
    fields: &[
        FieldInfo {
            name: "width",
            kind: "usize",
            default: "8",
            doc: "`width`",
        },
        FieldInfo {
            name: "act",
            kind: "Activation",
            default: "\"gelu\"",
            doc: "`act`",
        },
        FieldInfo {
            name: "pad_token_id",
            kind: "i64?",
            default: "-1",
            doc: "`pad_token_id`",
        },
        FieldInfo {
            name: "eos_token_id",
            kind: "OneOrMany<i64>?",
            default: "null",
            doc: "`eos_token_id`",
        },
        FieldInfo {
            name: "rank",
            kind: "OrString<usize>",
            default: "\"auto\"",
            doc: "`rank`",
        },
        FieldInfo {
            name: "limits",
            kind: "[f64]",
            default: "[0.0,{\"__float__\":\"Infinity\"}]",
            doc: "`limits`",
        },
        FieldInfo {
            name: "image_size",
            kind: "Size2",
            default: "32",
            doc: "`image_size`",
        },
        FieldInfo {
            name: "conv_L_cache",
            kind: "usize",
            default: "3",
            doc: "`conv_L_cache`",
        },
        FieldInfo {
            name: "rope_parameters",
            kind: "RopeParameters",
            default: "10000.0",
            doc: "`rope_parameters`",
        },
        FieldInfo {
            name: "part_config",
            kind: "Config<listed_part>",
            default: "{}",
            doc: "`part_config`",
        },
        FieldInfo {
            name: "any_config",
            kind: "Config",
            default: "{\"model_type\":\"listed\"}",
            doc: "`any_config`",
        },
        FieldInfo {
            name: "rest",
            kind: "Json",
            default: "null",
            doc: "`rest`",
        },
    ],
    aliases: &[("n_embd", "width")],
    config: |r| r.all(Config::read).map(|config| config.to_json()),
};
