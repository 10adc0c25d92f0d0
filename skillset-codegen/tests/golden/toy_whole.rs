//! Toy whole (`model_type` "toy_whole").
//!
//! A toy with a part.
//! Follows transformers' `ToyWhole`.
//!
//! Nothing of it was measured against transformers.

use skillset_runtime::checkpoint::{
    CommonConfig, ConfigError, Json, JsonMap, Reader, ToJson, config_to_json,
};
use skillset_runtime::ir::{DType, Dim, Scope, Submodel, Value};
use skillset_runtime::model::{
    FieldInfo, InputInfo, InputKind, Modality, ModelType, Processor, Task,
};

/// The config of Toy whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The part.
    pub part_config: super::toy_part::Config,
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
            part_config: r.config("part_config", "{}", super::toy_part::Config::read)?,
            common: CommonConfig::default().read(r)?,
            extra: r.extra(),
        })
    }
}

impl ToJson for Config {
    fn to_json(&self) -> Json {
        config_to_json(&[("part_config", &self.part_config)], &self.common, &self.extra)
    }
}

/// What `ToyWhole` hands on.
struct Base {
    y: Value,
}

/// `ToyWhole`.
fn base(g: &Scope, c: &Config) -> Base {
    let shout = g.default_flag("shout");
    let values = g
        .input(
            "values",
            DType::F32,
            &[Dim::symbol("batch"), Dim::from(c.part_config.width)],
        );
    let part = Submodel::new(&[("x", values.into()), ("shout", shout.into())])
        .build(&g.at("part"), |g| super::toy_part::part(g, &c.part_config));
    Base { y: part.value(g, "y") }
}

/// `feature-extraction`: `ToyWhole`.
pub(super) fn feature_extraction(g: &Scope, c: &Config) {
    let Base { y } = base(g, c);
    g.output("y", y);
}

/// What is known about Toy whole.
pub static MODEL: ModelType = ModelType {
    model_type: "toy_whole",
    title: "Toy whole",
    description: "A toy with a part.",
    modality: Modality::Text,
    paper: None,
    class: "ToyWhole",
    prefix: None,
    paths: &[],
    config: &[
        FieldInfo {
            name: "part_config",
            kind: "Config<toy_part>",
            default: "{}",
            doc: "The part.",
        },
    ],
    inputs: &[
        InputInfo {
            name: "shout",
            kind: InputKind::Flag,
        },
        InputInfo {
            name: "values",
            kind: InputKind::Required,
        },
    ],
    tasks: &[
        Task {
            name: "feature-extraction",
            class: "ToyWhole",
            serves: None,
            prefix: None,
            is_base: true,
            outputs: &["y"],
            offers: &[],
            processor: Processor::Text,
            generates: false,
            support: &[],
            graph: |g, r| r.all(Config::read).map(|c| feature_extraction(g, &c)),
        },
    ],
};
