//! transformers' image processor classes: their defaults, and which of them run the standard pipeline.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One class of the table that `tools/processors/harvest_image_classes.py` writes.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Class {
    /// Whether its output is that of the standard pipeline, with the class's own rule for sizes if it has one.
    pub standard: bool,
    /// How it resizes, where that is not the standard way.
    pub resize: Option<ResizeRule>,
    /// How it pads, where that is not the standard way.
    pub pad: Option<PadRule>,
    /// How it makes detections of a detector's outputs.
    pub detection: Option<DetectionRule>,
    /// How it makes segments of a model's outputs.
    pub segmentation: Option<SegmentationRule>,
    /// Values of settings that a file does not give.
    #[serde(default)]
    pub defaults: Map<String, Value>,
    /// Settings that only this class has, with their defaults.
    #[serde(default)]
    pub extras: Map<String, Value>,
}

/// How some classes resize.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ResizeRule {
    /// Below 384, to more than the short edge asks for, of which the share `crop_pct` is cut out; from there on to a
    /// square.
    CropShare,
    /// The long edge gets the length that is asked for, whether the image grows or shrinks.
    LongestEdge,
    /// Sides that follow from the short edge are rounded down.
    #[serde(rename = "multiples_of_16")]
    MultiplesOf16,
}

/// How some classes pad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PadRule {
    /// To a square, before anything else, in the colour that becomes 0.
    Square,
}

/// How a class's `post_process_object_detection` makes detections of a detector's logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetectionRule {
    /// Of each query its best class, by softmax; the last class means that there is no object.
    BestClass,
    /// Of all pairs of query and class the best ones, by sigmoid: this many, or as many as there are queries.
    BestPairs(Option<usize>),
}

/// How a class's `post_process_panoptic_segmentation`, `post_process_instance_segmentation` and
/// `post_process_semantic_segmentation` make segments of a model's outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentationRule {
    /// Each query has a class and a mask.
    Queries,
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
        assert_eq!(find("DetrFeatureExtractor").unwrap().detection, Some(DetectionRule::BestClass));
        assert!(find("NoSuchImageProcessor").is_none());
        assert_eq!(nearest("ViTImageProcesor"), Some("ViTImageProcessor"));
    }
}
