//! What a call can ask for.

use std::str::FromStr;

use crate::checkpoint::{ConfigError, Reader};
use crate::tasks::TaskOptions;

/// What a call to an [`ImageSegmenter`](super::ImageSegmenter) can ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageSegmentationOptions {
    /// What segments are. Default: panoptic.
    pub subtask: Subtask,
    /// An object's score is above this. Default: 0.9.
    pub threshold: f32,
    /// From which probability on a pixel counts for the size of an object. Default: 0.5.
    pub mask_threshold: f32,
    /// Objects that keep no larger share of their pixels beside others are left out. Default: 0.5.
    pub overlap_mask_area_threshold: f64,
}

/// What segments are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Subtask {
    /// Objects, and what there is around them; each pixel is part of one at most.
    #[default]
    Panoptic,
    /// Objects.
    Instance,
    /// The pixels of each class.
    Semantic,
}

impl FromStr for Subtask {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "panoptic" => Ok(Self::Panoptic),
            "instance" => Ok(Self::Instance),
            "semantic" => Ok(Self::Semantic),
            _ => Err("expected \"panoptic\", \"instance\" or \"semantic\"".to_owned()),
        }
    }
}

impl Default for ImageSegmentationOptions {
    fn default() -> Self {
        Self {
            subtask: Subtask::default(),
            threshold: 0.9,
            mask_threshold: 0.5,
            overlap_mask_area_threshold: 0.5,
        }
    }
}

impl TaskOptions for ImageSegmentationOptions {
    const FIELDS: &'static [&'static str] =
        &["subtask", "threshold", "mask_threshold", "overlap_mask_area_threshold"];

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            subtask: r.parsed("subtask", Subtask::default())?,
            threshold: r.f64("threshold", 0.9)? as f32,
            mask_threshold: r.f64("mask_threshold", 0.5)? as f32,
            overlap_mask_area_threshold: r.f64("overlap_mask_area_threshold", 0.5)?,
        })
    }
}
