//! transformers' image processor classes: their defaults, and which of them run the standard pipeline.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One class of the table that `tools/processors/harvest_image_classes.py` writes.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Class {
    /// Whether its output is that of the standard pipeline.
    pub standard: bool,
    /// Values of settings that a file does not give.
    #[serde(default)]
    pub defaults: Map<String, Value>,
    /// Settings that only this class has, with their defaults.
    #[serde(default)]
    pub extras: Map<String, Value>,
}

static CLASSES: LazyLock<BTreeMap<String, Class>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("classes.json")).expect("the table is checked by a test")
});

static PLAIN: LazyLock<Class> = LazyLock::new(|| Class { standard: true, ..Class::default() });

/// A class by its name. Backend suffixes are ignored, and old feature extractors are found by their new names.
pub(super) fn find(name: &str) -> Option<&'static Class> {
    CLASSES.get(&current_name(name))
}

/// The base class: nothing is on unless the file says so.
pub(super) fn plain() -> &'static Class {
    &PLAIN
}

/// The known class with the most similar name.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let name = current_name(name);
    let similar = |own: &str| strsim::normalized_levenshtein(own, &name);
    let best = CLASSES.keys().map(|own| (similar(own), own.as_str())).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|best| best.0 > 0.7).map(|best| best.1)
}

fn current_name(name: &str) -> String {
    let name = name.strip_suffix("Fast").or_else(|| name.strip_suffix("Pil")).unwrap_or(name);
    name.replace("FeatureExtractor", "ImageProcessor")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert!(find("ViTImageProcessor").unwrap().standard);
        assert!(find("ViTImageProcessorFast").unwrap().standard);
        assert!(find("ViTFeatureExtractor").unwrap().standard);
        assert!(!find("Qwen2VLImageProcessor").unwrap().standard);
        assert!(find("NoSuchImageProcessor").is_none());
        assert_eq!(nearest("ViTImageProcesor"), Some("ViTImageProcessor"));
    }
}
