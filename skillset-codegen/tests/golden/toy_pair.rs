//! Toy pair (`model_type` "toy_pair").
//!
//! Models inside of another one.
//! Follows transformers' `ToyPairModel`.
//!
//! Nothing of it was measured against transformers.

use skillset_runtime::blocks::{FeatureLevels, LevelTokens, Linear};
use skillset_runtime::checkpoint::{
    AnyConfig, CommonConfig, ConfigError, Json, JsonMap, OneOrMany, Reader, ToJson,
    config_to_json,
};
use skillset_runtime::ir::{DType, Dim, Scope, Submodel, Value};
use skillset_runtime::model::{
    FieldInfo, InputInfo, InputKind, Modality, ModelType, Need, Nested, Processor, Task,
};

/// The config of Toy pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// A type that the spec names.
    pub left_config: super::toy::Config,
    /// A type that the config chooses.
    pub right_config: AnyConfig,
    /// One, or several.
    pub layers: OneOrMany<i64>,
    /// A size.
    pub groups: usize,
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
            left_config: r
                .config("left_config", "{\"vocab_size\":9}", super::toy::Config::read)?,
            right_config: r.any_config("right_config", "{\"model_type\":\"toy\"}")?,
            layers: r.get("layers", OneOrMany::One(-2))?,
            groups: r.usize("groups", 2)?,
            common: CommonConfig::default().read(r)?,
            extra: r.extra(),
        })
    }

    /// Reads a config that there is a graph of.
    pub(super) fn supported(r: &Reader<'_>) -> Result<Self, ConfigError> {
        let config = Self::read(r)?;
        r.finish()?;
        r.config("left_config", "{\"vocab_size\":9}", super::toy::Config::supported)?;
        Nested::new(super::TYPES, &config.right_config)
            .require(
                r,
                "right_config",
                &Need {
                    task: "base",
                    inputs: &["input_ids"],
                    outputs: &["hidden_states", "last_hidden_state"],
                },
            )?;
        r.finish()?;
        r.require(
            config.left_config.hidden_size.is_multiple_of(config.left_config.groups),
            "left_config",
            "whole groups",
        )?;
        r.require(
            config.right_config.is_given() || config.groups > 1,
            "groups",
            "more than 1 without a right_config",
        )?;
        Ok(config)
    }
}

impl ToJson for Config {
    fn to_json(&self) -> Json {
        config_to_json(
            &[
                ("left_config", &self.left_config),
                ("right_config", &self.right_config),
                ("layers", &self.layers),
                ("groups", &self.groups),
            ],
            &self.common,
            &self.extra,
        )
    }
}

/// What `ToyPairModel` hands on.
struct Base {
    y: Value,
    scores: Value,
    flat: Option<Value>,
}

/// `ToyPairModel`.
fn base(g: &Scope, c: &Config) -> Base {
    let input_ids = g
        .input(
            "input_ids",
            DType::I64,
            &[Dim::symbol("batch"), Dim::symbol("sequence")],
        );
    let features = g
        .input(
            "features",
            DType::F32,
            &[
                Dim::symbol("batch"),
                Dim::symbol("sequence"),
                Dim::from(c.left_config.hidden_size),
                Dim::from(2),
            ],
        );
    let attention_mask = g
        .optional_input(
            "attention_mask",
            DType::I64,
            &[Dim::symbol("batch"), g.past() + Dim::symbol("sequence")],
        );
    let left = Submodel::new(
            &[
                ("input_ids", input_ids.into()),
                ("features", features.into()),
                ("attention_mask", attention_mask.into()),
            ],
        )
        .build(&g.at("left"), |g| super::toy::text_classification(g, &c.left_config));
    let scores = g.sum(left.value(g, "logits"), -1);
    let right = Submodel {
        cache: Some(0),
        ..Submodel::new(
            &[
                ("input_ids", input_ids.into()),
                ("attention_mask", attention_mask.into()),
                ("fast", true.into()),
            ],
        )
    }
        .build(
            &g.at("right"),
            |g| Nested::new(super::TYPES, &c.right_config).graph("base", g),
        );
    let mut x = right.value(g, "last_hidden_state");
    for i in 0..c.layers.as_slice().len() {
        x = g
            .add(
                x,
                right
                    .nth(
                        g,
                        "hidden_states",
                        c.layers.as_slice().get(i).copied().unwrap_or(0),
                    ),
            );
        g.offer("hidden_states", x);
    }
    if c.groups > 1 {
        g.offer("grouped", x);
    }
    let levels = FeatureLevels::new(right.all("hidden_states"), c.groups, 4)
        .build(&g.at("levels"));
    let flat = if c.groups > 2 {
        let last = c.groups.saturating_sub(1);
        let flat = LevelTokens::new(levels.clone())
            .build(&g.tied_at(&format!("last.{last}"), true, "last.0"));
        Some(flat)
    } else {
        None
    };
    let y = Linear::new(
            x,
            Nested::new(super::TYPES, &c.right_config).usize(g, "vocab_size")
                + c.left_config.depth,
        )
        .build(&g.at("head"));
    Base { y, scores, flat }
}

/// `feature-extraction`: `ToyPairModel`.
pub(super) fn feature_extraction(g: &Scope, c: &Config) {
    let Base { y, scores, flat } = base(g, c);
    g.output("y", y);
    g.output("scores", scores);
    if let Some(flat) = flat {
        g.output("flat", flat);
    }
}

/// What is known about Toy pair.
pub static MODEL: ModelType = ModelType {
    model_type: "toy_pair",
    title: "Toy pair",
    description: "Models inside of another one.",
    modality: Modality::Multimodal,
    paper: None,
    class: "ToyPairModel",
    prefix: None,
    paths: &[],
    config: &[
        FieldInfo {
            name: "left_config",
            kind: "Config<toy>",
            default: "an object",
            doc: "A type that the spec names.",
        },
        FieldInfo {
            name: "right_config",
            kind: "Config",
            default: "an object",
            doc: "A type that the config chooses.",
        },
        FieldInfo {
            name: "layers",
            kind: "OneOrMany<i64>",
            default: "-2",
            doc: "One, or several.",
        },
        FieldInfo {
            name: "groups",
            kind: "usize",
            default: "2",
            doc: "A size.",
        },
    ],
    inputs: &[
        InputInfo {
            name: "input_ids",
            kind: InputKind::Required,
        },
        InputInfo {
            name: "features",
            kind: InputKind::Required,
        },
        InputInfo {
            name: "attention_mask",
            kind: InputKind::Optional,
        },
    ],
    tasks: &[
        Task {
            name: "feature-extraction",
            class: "ToyPairModel",
            serves: None,
            prefix: None,
            is_base: true,
            outputs: &["y", "scores", "flat"],
            offers: &["grouped", "hidden_states"],
            processor: Processor::Multimodal,
            generates: false,
            support: &[],
            graph: |g, r| r.all(Config::supported).map(|c| feature_extraction(g, &c)),
        },
    ],
};
