//! Rotary parameters of models whose layers do not all rotate alike.

use std::borrow::Cow;

use super::RopeParameters;
use crate::checkpoint::{ConfigError, Json, JsonMap, Reader, ToJson};

/// How positions turn into rotations in layers of full and of sliding attention: `rope_parameters` by kind of layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerRopeParameters {
    full: RopeParameters,
    sliding: RopeParameters,
    /// The whole object, of other kinds of layers, too.
    entries: JsonMap<String, Json>,
}

impl LayerRopeParameters {
    /// Reads parameters whose bases are `thetas` where the config has none; `beside` are older keys, see
    /// [`Reader::layer_rope_parameters`].
    ///
    /// # Errors
    /// As [`RopeParameters::read`].
    pub fn read(
        r: &Reader<'_>,
        thetas: &[(&str, f64)],
        beside: &[(&str, &str)],
    ) -> Result<Self, ConfigError> {
        let entries = r.layer_rope_parameters(thetas, beside)?;
        let layers = r.nested("rope_parameters", Cow::Borrowed(&entries));
        let of = |kind: &str| RopeParameters::read_entries(&layers.object(kind)?);
        Ok(Self { full: of("full_attention")?, sliding: of("sliding_attention")?, entries })
    }

    /// Those of layers of full attention.
    pub fn full(&self) -> RopeParameters {
        self.full.clone()
    }

    /// Those of layers of sliding attention.
    pub fn sliding(&self) -> RopeParameters {
        self.sliding.clone()
    }
}

impl ToJson for LayerRopeParameters {
    fn to_json(&self) -> Json {
        Json::Object(self.entries.clone())
    }
}
