//! Toy (`model_type` "toy").
//!
//! Every kind of step and field type once,
//! in two lines.
//! Follows transformers' `ToyModel`.
//!
//! | task | class | relative error to transformers 5.23.0 |
//! | --- | --- | --- |
//! | `feature-extraction` | `ToyModel` | candle f32: below 1e-5 (runs: 12, configs: 2); onnx f32: below 1e-4 (runs: 4, configs: 1) |
//! | `text-classification` | `ToyForSequenceClassification` | not measured |
//! | `ranking` | `ToyForRanking` | onnx f16: below 1e-4 (runs: 4, configs: 1) |
//! | `backbone` | `ToyBackbone` | not measured |

use skillset_runtime::blocks::{
    Attention, AttentionNames, FeatureLevels, LayerNorm, LevelTokens, Linear,
    PaddingMask, RmsNorm, TiedLinear, TokenEmbeddings,
};
use skillset_runtime::checkpoint::{
    CommonConfig, ConfigError, Json, JsonMap, Reader, ToJson, config_to_json,
};
use skillset_runtime::engine::EngineKind;
use skillset_runtime::ir::{Activation, DType, Dim, Scope, Submodel, Value};
use skillset_runtime::model::{
    FieldInfo, InputInfo, InputKind, Modality, ModelType, Processor, Support, Task,
};

/// The config of Toy.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Tokens; it must be given.
    pub vocab_size: usize,
    /// Width.
    pub hidden_size: usize,
    /// Layers.
    pub depth: usize,
    /// A divisor.
    pub groups: usize,
    /// Nullable, with a default.
    pub window: Option<usize>,
    /// A number.
    pub ratio: f64,
    /// A signed number.
    pub offset: i64,
    /// A nonlinearity.
    pub act: Activation,
    /// A word.
    pub norm: String,
    /// A list.
    pub widths: Vec<usize>,
    /// A pair that is divided by.
    pub patch: [usize; 2],
    /// A switch.
    pub gated: bool,
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
        let r = &r.tracking().alias(&[("n_embd", "hidden_size")]);
        Ok(Self {
            vocab_size: r.usize("vocab_size", None)?,
            hidden_size: r.usize("hidden_size", 16)?,
            depth: r.count("depth", 2)?,
            groups: r.positive("groups", 2)?,
            window: r.opt_usize_or("window", 4)?,
            ratio: r.f64("ratio", 0.5)?,
            offset: r.i64("offset", -1)?,
            act: r.parsed("act", Activation::GeluTanh)?,
            norm: r.string("norm", "layer".to_owned())?,
            widths: r.list_count("widths", vec![1, 2])?,
            patch: r.size2("patch", [2, 3])?,
            gated: r.bool("gated", false)?,
            common: CommonConfig::default().read(r)?,
            extra: r.extra(),
        })
    }

    /// Reads a config that there is a graph of.
    pub(super) fn supported(r: &Reader<'_>) -> Result<Self, ConfigError> {
        let config = Self::read(r)?;
        let r = &r.clone().alias(&[("n_embd", "hidden_size")]);
        r.finish()?;
        r.require(!config.patch.contains(&0), "patch", "positive sizes")?;
        r.finish()?;
        r.require(
            config.norm == "layer" || config.norm == "rms",
            "norm",
            "\"layer\" or \"rms\"",
        )?;
        Ok(config)
    }
}

impl ToJson for Config {
    fn to_json(&self) -> Json {
        config_to_json(
            &[
                ("vocab_size", &self.vocab_size),
                ("hidden_size", &self.hidden_size),
                ("depth", &self.depth),
                ("groups", &self.groups),
                ("window", &self.window),
                ("ratio", &self.ratio),
                ("offset", &self.offset),
                ("act", &self.act),
                ("norm", &self.norm),
                ("widths", &self.widths),
                ("patch", &self.patch),
                ("gated", &self.gated),
            ],
            &self.common,
            &self.extra,
        )
    }
}

/// What `ToyModel` hands on.
struct Base {
    last_hidden_state: Value,
    attention_mask: Option<Value>,
    last: Value,
    shifts: Option<Value>,
}

/// `ToyModel`.
fn base(g: &Scope, c: &Config) -> Base {
    let shares = g.flag("shares");
    let embeds = g
        .optional_input(
            "embeds",
            DType::F32,
            &[Dim::symbol("batch"), Dim::symbol("sequence"), Dim::from(c.hidden_size)],
        );
    let input_ids = if embeds.is_none() {
        Some(
            g
                .input(
                    "input_ids",
                    DType::I64,
                    &[Dim::symbol("batch"), Dim::symbol("sequence")],
                ),
        )
    } else {
        None
    };
    let features = g
        .input(
            "features",
            DType::F32,
            &[
                Dim::symbol("batch"),
                Dim::symbol("sequence"),
                Dim::from(c.hidden_size / c.groups * 2),
                Dim::from(c.widths.len() / c.patch[1]),
            ],
        );
    let shifts = if c.gated {
        g.optional_input(
            "shifts",
            DType::F32,
            &[g.dim(features, 1) / c.groups * (g.dim(features, 2) / 2)],
        )
    } else {
        None
    };
    let attention_mask = g
        .optional_input(
            "attention_mask",
            DType::I64,
            &[Dim::symbol("batch"), g.past() + Dim::symbol("sequence")],
        );
    let x = TokenEmbeddings {
        given: embeds,
        ..TokenEmbeddings::new(input_ids, c.vocab_size, c.hidden_size)
    }
    .build(&g.at("tokens"));
    let x = g.div(g.mul(g.add(x, g.mean(features, -1)), c.ratio + 1.0), 2.0);
    let mut x = if let Some(shifts) = shifts { g.add(x, g.mean(shifts, 0)) } else { x };
    let mask = PaddingMask::new(attention_mask).build(g);
    for i in 0..c.depth {
        let g = &g.at(&format!("layers.{i}"));
        let h = if c.norm == "rms" {
            RmsNorm::new(x, 1e-6).build(&g.at("norm"))
        } else {
            LayerNorm {
                bias: c.gated && c.window.is_some(),
                ..LayerNorm::new(x, 1e-5)
            }
            .build(&g.at("norm"))
        };
        let h = Attention {
            mask,
            window: c.window,
            names: AttentionNames {
                o: "out",
                ..AttentionNames::default()
            },
            ..Attention::new(h, c.groups)
        }
        .build(g);
        x = g.add(x, h);
        g.offer("states", x);
        x = if c.gated {
            let gate = Linear {
                activation: Some(Activation::Sigmoid),
                ..Linear::new(x, c.hidden_size)
            }
            .build(&g.at("gate"));
            g.mul(x, gate)
        } else {
            x
        };
        for j in 0..c.widths.get(i).copied().unwrap_or(1) {
            x = Linear::new(
                    x,
                    c
                        .hidden_size
                        .saturating_sub(c.groups)
                        .saturating_sub(c.hidden_size % c.groups),
                )
                .build(&g.at(&format!("inner.{j}")));
        }
    }
    let x = if shares {
        Linear::new(x, c.hidden_size)
            .build(&g.tied_at("shared.inner", c.gated, "tokens.shared.inner"))
    } else {
        x
    };
    let last = g.slice(x, 1, g.dim(x, 1) - Dim::from(1), g.dim(x, 1));
    Base {
        last_hidden_state: x,
        attention_mask,
        last,
        shifts,
    }
}

/// `ToyModel`, inside of another model.
pub(super) fn part(g: &Scope, c: &Config) {
    let Base { last_hidden_state, .. } = base(g, c);
    g.output("last_hidden_state", last_hidden_state);
}

/// `feature-extraction`: `ToyModel`.
pub(super) fn feature_extraction(g: &Scope, c: &Config) {
    part(g, c);
}

/// `text-classification`: `ToyForSequenceClassification`.
pub(super) fn text_classification(g: &Scope, c: &Config) {
    let Base { attention_mask, last, .. } = base(&g.at("toy"), c);
    let (a, b) = if c.gated {
        let a = Linear::new(last, c.common.labels.len()).build(&g.at("a"));
        let b = Linear::new(last, c.common.labels.len()).build(&g.at("b"));
        (a, b)
    } else {
        let a = g.activation(last, c.act);
        let b = last;
        (a, b)
    };
    let tied = TiedLinear::new(g.sub(a, b), c.vocab_size, true, "toy.tokens.weight")
        .build(&g.at("head"));
    g.output("logits", tied);
    if let Some(output) = attention_mask {
        g.output("padding", output);
    }
}

/// `ranking`: `ToyForRanking`.
pub(super) fn ranking(g: &Scope, c: &Config) {
    let Base { last, shifts, .. } = base(&g.at("toy"), c);
    let (a, b) = if c.gated {
        let a = Linear::new(last, c.common.labels.len()).build(&g.at("a"));
        let b = Linear::new(last, c.common.labels.len()).build(&g.at("b"));
        (a, b)
    } else {
        let a = g.activation(last, c.act);
        let b = last;
        (a, b)
    };
    let tied = TiedLinear::new(g.sub(a, b), c.vocab_size, true, "toy.tokens.weight")
        .build(&g.at("head"));
    let rank = Linear::new(tied, 1).build(&g.at("rank"));
    g.output("rank", rank);
    if let Some(shifts) = shifts {
        g.output("shifts", shifts);
    }
}

/// `backbone`: `ToyBackbone`.
pub(super) fn backbone(g: &Scope, c: &Config) {
    let embeds = g
        .optional_input(
            "embeds",
            DType::F32,
            &[Dim::symbol("batch"), Dim::symbol("sequence"), Dim::from(c.hidden_size)],
        );
    let input_ids = if embeds.is_none() {
        Some(
            g
                .input(
                    "input_ids",
                    DType::I64,
                    &[Dim::symbol("batch"), Dim::symbol("sequence")],
                ),
        )
    } else {
        None
    };
    let features = g
        .input(
            "features",
            DType::F32,
            &[
                Dim::symbol("batch"),
                Dim::symbol("sequence"),
                Dim::from(c.hidden_size / c.groups * 2),
                Dim::from(c.widths.len() / c.patch[1]),
            ],
        );
    let toy = Submodel::base(
            &[
                ("embeds", embeds.into()),
                ("input_ids", input_ids.into()),
                ("features", features.into()),
                ("shares", (!c.gated).into()),
            ],
        )
        .build(&g.at("toy"), |g| part(g, c));
    for i in 0..c.depth {
        g.output_next("maps", toy.nth(g, "states", i as i64));
    }
    let levels = FeatureLevels::new(toy.all("states"), c.depth, c.hidden_size)
        .build(&g.at("levels"));
    let tokens = LevelTokens::new(levels.clone()).build(g);
    g.output("last_hidden_state", toy.value(g, "last_hidden_state"));
    g.output("tokens", tokens);
}

/// What is known about Toy.
pub static MODEL: ModelType = ModelType {
    model_type: "toy",
    title: "Toy",
    description: "Every kind of step and field type once,\nin two lines.",
    modality: Modality::Text,
    paper: None,
    class: "ToyModel",
    prefix: Some("toy"),
    paths: &[],
    config: &[
        FieldInfo {
            name: "vocab_size",
            kind: "usize",
            default: "required",
            doc: "Tokens; it must be given.",
        },
        FieldInfo {
            name: "hidden_size",
            kind: "usize",
            default: "16",
            doc: "Width.",
        },
        FieldInfo {
            name: "depth",
            kind: "usize",
            default: "2",
            doc: "Layers.",
        },
        FieldInfo {
            name: "groups",
            kind: "usize",
            default: "2",
            doc: "A divisor.",
        },
        FieldInfo {
            name: "window",
            kind: "usize?",
            default: "4",
            doc: "Nullable, with a default.",
        },
        FieldInfo {
            name: "ratio",
            kind: "f64",
            default: "0.5",
            doc: "A number.",
        },
        FieldInfo {
            name: "offset",
            kind: "i64",
            default: "-1",
            doc: "A signed number.",
        },
        FieldInfo {
            name: "act",
            kind: "Activation",
            default: "\"gelu_new\"",
            doc: "A nonlinearity.",
        },
        FieldInfo {
            name: "norm",
            kind: "String",
            default: "\"layer\"",
            doc: "A word.",
        },
        FieldInfo {
            name: "widths",
            kind: "[usize]",
            default: "[1, 2]",
            doc: "A list.",
        },
        FieldInfo {
            name: "patch",
            kind: "Size2",
            default: "[2, 3]",
            doc: "A pair that is divided by.",
        },
        FieldInfo {
            name: "gated",
            kind: "bool",
            default: "false",
            doc: "A switch.",
        },
        FieldInfo {
            name: "labels",
            kind: "Labels",
            default: "by its own rules",
            doc: "Classes.",
        },
    ],
    inputs: &[
        InputInfo {
            name: "embeds",
            kind: InputKind::Special,
        },
        InputInfo {
            name: "input_ids",
            kind: InputKind::Required,
        },
        InputInfo {
            name: "features",
            kind: InputKind::Required,
        },
        InputInfo {
            name: "shifts",
            kind: InputKind::Optional,
        },
        InputInfo {
            name: "attention_mask",
            kind: InputKind::Optional,
        },
    ],
    tasks: &[
        Task {
            name: "feature-extraction",
            class: "ToyModel",
            serves: None,
            prefix: None,
            is_base: true,
            outputs: &["last_hidden_state"],
            offers: &["states"],
            processor: Processor::Text,
            generates: false,
            support: &[
                Support {
                    engine: EngineKind::Candle,
                    precision: DType::F32,
                    configs: 2,
                    runs: 12,
                    max_relative_error: 1e-5,
                },
                Support {
                    engine: EngineKind::Onnx,
                    precision: DType::F32,
                    configs: 1,
                    runs: 4,
                    max_relative_error: 1e-4,
                },
            ],
            graph: |g, r| r.all(Config::supported).map(|c| feature_extraction(g, &c)),
        },
        Task {
            name: "text-classification",
            class: "ToyForSequenceClassification",
            serves: None,
            prefix: Some("toy"),
            is_base: false,
            outputs: &["logits", "padding"],
            offers: &["states"],
            processor: Processor::Text,
            generates: false,
            support: &[],
            graph: |g, r| r.all(Config::supported).map(|c| text_classification(g, &c)),
        },
        Task {
            name: "ranking",
            class: "ToyForRanking",
            serves: None,
            prefix: Some("toy"),
            is_base: false,
            outputs: &["rank", "shifts"],
            offers: &["states"],
            processor: Processor::Text,
            generates: false,
            support: &[
                Support {
                    engine: EngineKind::Onnx,
                    precision: DType::F16,
                    configs: 1,
                    runs: 4,
                    max_relative_error: 1e-4,
                },
            ],
            graph: |g, r| r.all(Config::supported).map(|c| ranking(g, &c)),
        },
        Task {
            name: "backbone",
            class: "ToyBackbone",
            serves: None,
            prefix: Some("toy"),
            is_base: false,
            outputs: &["maps", "last_hidden_state", "tokens"],
            offers: &[],
            processor: Processor::Text,
            generates: false,
            support: &[],
            graph: |g, r| r.all(Config::supported).map(|c| backbone(g, &c)),
        },
    ],
};
