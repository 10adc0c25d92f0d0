//! `layer_types`: what attention each layer of a model has.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::value::Mismatch;
use super::{ConfigError, FromConfig, Reader, ToJson};

/// What the attention of a layer looks at, by transformers' names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LayerType {
    /// Everything before a token.
    #[default]
    FullAttention,
    /// The last `sliding_window` tokens.
    SlidingAttention,
    /// What is before a token in its chunk.
    ChunkedAttention,
    /// A recurrent state.
    LinearAttention,
}

/// The kind of each layer; empty where the config does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerTypes(Vec<LayerType>);

/// Every kind with its name, and names from before (transformers' `_LEGACY_LAYER_TYPE_REMAP`).
const NAMES: &[(&str, LayerType)] = &[
    ("full_attention", LayerType::FullAttention),
    ("sliding_attention", LayerType::SlidingAttention),
    ("chunked_attention", LayerType::ChunkedAttention),
    ("linear_attention", LayerType::LinearAttention),
    ("attention", LayerType::FullAttention),
    ("mamba", LayerType::LinearAttention),
];

impl LayerTypes {
    /// Reads `field`, which may be missing or null.
    ///
    /// # Errors
    /// If it is no list, or an entry is no known kind.
    pub fn read(r: &Reader<'_>, field: &str) -> Result<Self, ConfigError> {
        Ok(Self(r.opt(field)?.unwrap_or_default()))
    }

    /// These, or where the config does not say what its class derives from other fields.
    #[must_use]
    pub fn or(self, derived: Option<Vec<String>>) -> Self {
        if !self.0.is_empty() {
            return self;
        }
        Self(derived.iter().flatten().filter_map(|name| name.parse().ok()).collect())
    }

    /// An error at `field` unless there is an entry for each of `layers`, all of them of `described` kinds: those that an
    /// architecture tells apart.
    ///
    /// # Errors
    /// Names the first entry of another kind.
    pub fn check(
        &self,
        r: &Reader<'_>,
        field: &str,
        layers: usize,
        described: &[LayerType],
    ) -> Result<(), ConfigError> {
        r.require(self.0.len() == layers, field, format_args!("a kind for each of {layers} layers"))?;
        let Some(layer) = self.0.iter().position(|kind| !described.contains(kind)) else { return Ok(()) };
        let expected: Vec<String> = described.iter().map(ToString::to_string).collect();
        let found = self.0[layer];
        let message = format_args!("expected {} for layer {layer}, found {found}", expected.join(" or "));
        r.refuse(field, message)
    }

    /// Whether any layer attends to a window.
    pub fn has_sliding(&self) -> bool {
        self.0.contains(&LayerType::SlidingAttention)
    }

    /// Whether the layer attends to everything before a token.
    pub fn is_full(&self, layer: usize) -> bool {
        self.0.get(layer) == Some(&LayerType::FullAttention)
    }

    /// Whether the layer attends to a window.
    pub fn is_sliding(&self, layer: usize) -> bool {
        self.0.get(layer) == Some(&LayerType::SlidingAttention)
    }

    /// Whether the layer attends to a chunk.
    pub fn is_chunked(&self, layer: usize) -> bool {
        self.0.get(layer) == Some(&LayerType::ChunkedAttention)
    }

    /// Whether the layer keeps a recurrent state.
    pub fn is_linear(&self, layer: usize) -> bool {
        self.0.get(layer) == Some(&LayerType::LinearAttention)
    }
}

impl FromStr for LayerType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = NAMES.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind);
        found.ok_or_else(|| format!("unknown kind of layer {text:?}"))
    }
}

impl fmt::Display for LayerType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, kind)| kind == self).map(|(name, _)| *name);
        f.write_str(name.unwrap_or_default())
    }
}

impl FromConfig for LayerType {
    const EXPECTED: &'static str = "a layer type";

    fn from_config(value: &Value) -> Result<Self, Mismatch> {
        const KINDS: &str = "full_attention, sliding_attention, chunked_attention or linear_attention";
        let kind = value.as_str().and_then(|text| text.parse().ok());
        kind.ok_or_else(|| Mismatch::new(KINDS, value))
    }
}

impl ToJson for LayerTypes {
    fn to_json(&self) -> Value {
        self.0.iter().map(ToString::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(layer_types: Value) -> Result<LayerTypes, String> {
        let config = json!({ "layer_types": layer_types });
        let r = Reader::new(&config, "config.json").unwrap();
        let read = LayerTypes::read(&r, "layer_types").and_then(|types| {
            types.check(&r, "layer_types", 2, &[LayerType::FullAttention, LayerType::SlidingAttention])?;
            Ok(types)
        });
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn each_layer_has_a_kind() {
        let types = read(json!(["sliding_attention", "attention"])).unwrap();
        assert!(types.is_sliding(0) && !types.is_sliding(1) && types.is_full(1) && !types.is_full(2));
        assert!(types.has_sliding() && !LayerTypes::default().has_sliding());
        assert_eq!(types.to_json(), json!(["sliding_attention", "full_attention"]));
    }

    #[test]
    fn a_wrong_entry_is_named() {
        assert_eq!(
            read(json!(["full_attention", "hybrid"])).unwrap_err(),
            "config.json: /layer_types/1: expected full_attention, sliding_attention, chunked_attention or \
             linear_attention, found \"hybrid\""
        );
        assert_eq!(
            read(json!(["full_attention", "mamba"])).unwrap_err(),
            "config.json: /layer_types: expected full_attention or sliding_attention for layer 1, found linear_attention"
        );
        assert_eq!(
            read(json!(["full_attention"])).unwrap_err(),
            "config.json: /layer_types: expected a kind for each of 2 layers, found [\"full_attention\"]"
        );
    }

    #[test]
    fn what_is_not_given_is_derived() {
        let types = LayerTypes::default().or(Some(vec!["sliding_attention".to_owned()]));
        assert!(types.is_sliding(0));
        assert_eq!(types.clone().or(Some(vec!["full_attention".to_owned()])), types);
    }
}
