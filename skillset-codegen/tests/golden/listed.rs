//! The config of Listed (`model_type` "listed") and what else transformers says of it.

use skillset_runtime::checkpoint::{
    AnyConfig, CommonConfig, ConfigError, Json, JsonMap, OneOrMany, OrString, Reader,
    ToJson, align_stages, config_to_json, cycle_then, first_layers,
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
    /// `depth`
    pub depth: usize,
    /// `heads`
    pub heads: usize,
    /// `kv_heads`
    pub kv_heads: Option<usize>,
    /// `head_dim`
    pub head_dim: Option<usize>,
    /// `inner`
    pub inner: Option<usize>,
    /// `use_window`
    pub use_window: bool,
    /// `window`
    pub window: Option<usize>,
    /// `ratios`
    pub ratios: Option<Vec<usize>>,
    /// `layer_types`
    pub layer_types: Option<Vec<String>>,
    /// `mlp_types`
    pub mlp_types: Option<Vec<String>>,
    /// `out_features`
    pub out_features: Option<Vec<String>>,
    /// `out_indices`
    pub out_indices: Option<Vec<i64>>,
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
        let r = &r
            .tracking()
            .alias(&[("n_embd", "width"), ("rotary_pct", "partial_rotary_factor")])
            .replacing(&[("part_config_dict", "part_config")]);
        let mut config = Self {
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
            depth: r.usize("depth", 2)?,
            heads: r.usize("heads", 4)?,
            kv_heads: r.opt_usize("kv_heads")?,
            head_dim: r.opt_usize("head_dim")?,
            inner: r.opt_usize("inner")?,
            use_window: r.bool("use_window", false)?,
            window: r.opt_usize_or("window", 8)?,
            ratios: r.opt_list_usize("ratios")?,
            layer_types: r.opt_list_string("layer_types")?,
            mlp_types: r.opt_list_string("mlp_types")?,
            out_features: r.opt_list_string("out_features")?,
            out_indices: r.opt_list_i64("out_indices")?,
            common: CommonConfig {
                is_encoder_decoder: true,
                ..CommonConfig::default()
            }
            .read(r)?,
            extra: r.extra(),
        };
        config.kv_heads = config.kv_heads.or(Some(config.heads));
        config.head_dim = config.head_dim.or(config.width.checked_div(config.heads));
        config.inner = config.inner.or(Some(config.width.saturating_mul(4)));
        config.window = config.window.filter(|_| config.use_window);
        config.ratios = config.ratios.or_else(|| Some(vec![2, 1]));
        config.layer_types = config
            .layer_types
            .or(cycle_then(config.depth, &["sliding", "full"], "full"));
        config.mlp_types = config
            .mlp_types
            .or(
                first_layers(config.depth, r.usize("first_dense", 1)?, "dense", "sparse"),
            );
        (config.out_features, config.out_indices) = align_stages(
            config.depth,
            config.out_features,
            config.out_indices,
        );
        Ok(config)
    }
}

impl ToJson for Config {
    fn to_json(&self) -> Json {
        config_to_json(
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
                ("depth", &self.depth),
                ("heads", &self.heads),
                ("kv_heads", &self.kv_heads),
                ("head_dim", &self.head_dim),
                ("inner", &self.inner),
                ("use_window", &self.use_window),
                ("window", &self.window),
                ("ratios", &self.ratios),
                ("layer_types", &self.layer_types),
                ("mlp_types", &self.mlp_types),
                ("out_features", &self.out_features),
                ("out_indices", &self.out_indices),
            ],
            &self.common,
            &self.extra,
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
        FieldInfo {
            name: "is_encoder_decoder",
            kind: "bool",
            default: "true",
            doc: "",
        },
        FieldInfo {
            name: "depth",
            kind: "usize",
            default: "2",
            doc: "`depth`",
        },
        FieldInfo {
            name: "heads",
            kind: "usize",
            default: "4",
            doc: "`heads`",
        },
        FieldInfo {
            name: "kv_heads",
            kind: "usize?",
            default: "from other fields",
            doc: "`kv_heads`",
        },
        FieldInfo {
            name: "head_dim",
            kind: "usize?",
            default: "from other fields",
            doc: "`head_dim`",
        },
        FieldInfo {
            name: "inner",
            kind: "usize?",
            default: "from other fields",
            doc: "`inner`",
        },
        FieldInfo {
            name: "use_window",
            kind: "bool",
            default: "false",
            doc: "`use_window`",
        },
        FieldInfo {
            name: "window",
            kind: "usize?",
            default: "8",
            doc: "`window`",
        },
        FieldInfo {
            name: "ratios",
            kind: "[usize]?",
            default: "from other fields",
            doc: "`ratios`",
        },
        FieldInfo {
            name: "layer_types",
            kind: "[String]?",
            default: "from other fields",
            doc: "`layer_types`",
        },
        FieldInfo {
            name: "mlp_types",
            kind: "[String]?",
            default: "from other fields",
            doc: "`mlp_types`",
        },
        FieldInfo {
            name: "out_features",
            kind: "[String]?",
            default: "from other fields",
            doc: "`out_features`",
        },
        FieldInfo {
            name: "out_indices",
            kind: "[i64]?",
            default: "from other fields",
            doc: "`out_indices`",
        },
    ],
    aliases: &[("n_embd", "width"), ("rotary_pct", "partial_rotary_factor")],
    config: |r| Config::read(r).map(|config| ToJson::to_json(&config)),
};
