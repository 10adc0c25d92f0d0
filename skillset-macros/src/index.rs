//! What model types and tasks there are.
//!
//! The macro is built before the facade and cannot see what its build script emits, so it carries a small index,
//! which `cargo xtask codegen` writes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// One model type.
#[derive(Debug, Deserialize)]
pub struct Entry {
    /// The name in prose.
    pub title: String,
    /// Task → transformers class.
    pub tasks: BTreeMap<String, String>,
}

static INDEX: LazyLock<BTreeMap<String, Entry>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("index.json")).expect("index.json is written by cargo xtask codegen")
});

/// The entry of a model type.
pub fn find(model_type: &str) -> Option<&'static Entry> {
    INDEX.get(model_type)
}

/// All model types.
pub fn model_types() -> impl Iterator<Item = &'static str> {
    INDEX.keys().map(String::as_str)
}

/// `; did you mean "…"?` if one of `known` is close to `name`, else nothing.
pub fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let similarity = |other: &str| strsim::jaro_winkler(name, other);
    let best = known.max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
    best.filter(|best| similarity(best) > 0.8)
        .map_or_else(String::new, |best| format!("; did you mean `{best}`?"))
}
