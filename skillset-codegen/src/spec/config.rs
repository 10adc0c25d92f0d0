//! The fields of a config.

use crate::decode::{Table, Text, object};
use crate::lower::named_nested;
use crate::source::Node;

object! {
    /// One field of `config.json`.
    pub struct Field {
        /// `usize`, `i64`, `f64`, `bool`, `String`, `Activation`, `Size2` (a number or `[height, width]`), a list
        /// (`[usize]`), a readable type of the runtime (`Labels`, `LayerTypes`, `RopeParameters`), the config of another model
        /// (`Config<clip_vision_model>`; `Config` where it says its type itself); `?` behind it allows `null`.
        kind = "type": Text,
        /// What a missing field means. A field without default must be in the config, or is `null` if it may be.
        default = "default": Option<Node>,
        /// Other keys that the value may have in `config.json` (transformers' `attribute_map`).
        aliases = "aliases": Vec<String>,
        /// Older keys that stand beside a `Map<RopeParameters>`: each with the entry that it fills in
        /// (`full_attention.rope_theta`), or the object that it overrides (`full_attention`).
        beside = "beside": Option<Table<Text>>,
        /// One line for the documentation.
        doc = "doc": Text,
    }
}

impl Field {
    /// The model type of the nested config that it is, if the spec names that.
    pub(crate) fn known_nested(&self) -> Option<&str> {
        named_nested(&self.kind.text)
    }

    /// That, or the one that a config means which does not say its type.
    pub(crate) fn nested_type(&self) -> Option<&str> {
        let default = || self.default.as_ref()?.get("model_type")?.as_str();
        self.known_nested().or_else(|| default().filter(|_| self.kind.text == "Config"))
    }
}

object! {
    /// What a config must satisfy; else building a graph is refused with an error at the field.
    pub struct Check {
        /// An expression of type bool over config fields.
        require = "require": Text,
        /// The field that is named in the error.
        field = "field": Text,
        /// What is expected, to complete "config.json: /field: expected …, found …".
        expected = "expected": String,
    }
}
