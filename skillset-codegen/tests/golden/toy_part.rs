//! Toy part (`model_type` "toy_part").
//!
//! What is only ever inside of another toy.
//! Follows transformers' `ToyPart`.

use skillset_runtime::checkpoint::{
    CommonConfig, ConfigError, Json, JsonMap, Reader, ToJson, config_to_json,
};
use skillset_runtime::ir::{DType, Dim, Scope, Value};

/// The config of Toy part.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Width.
    pub width: usize,
    /// The layers that double.
    pub doubled: Vec<i64>,
    /// Layers.
    pub layers: usize,
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
            width: r.usize("width", 8)?,
            doubled: r.list_i64("doubled", vec![1])?,
            layers: r.count("layers", 2)?,
            common: CommonConfig::default().read(r)?,
            extra: r.extra(),
        })
    }
}

impl ToJson for Config {
    fn to_json(&self) -> Json {
        config_to_json(
            &[
                ("width", &self.width),
                ("doubled", &self.doubled),
                ("layers", &self.layers),
            ],
            &self.common,
            &self.extra,
        )
    }
}

/// What `ToyPart` hands on.
struct Base {
    y: Value,
}

/// `ToyPart`.
fn base(g: &Scope, c: &Config) -> Base {
    let shout = g.default_flag("shout");
    let x = g.input("x", DType::F32, &[Dim::symbol("batch"), Dim::from(c.width)]);
    let mut y = x;
    for i in 0..c.layers {
        y = if c.doubled.contains(&(i as i64)) { g.mul(y, 2.0) } else { y };
    }
    let y = if shout { g.mul(y, 10.0) } else { y };
    Base { y }
}

/// `ToyPart`, inside of another model.
pub(super) fn part(g: &Scope, c: &Config) {
    let Base { y } = base(g, c);
    g.output("y", y);
}
