//! The file of one part of a processor.

use std::path::Path;

use serde_json::Value;

use crate::checkpoint::{CheckpointError, read_json, read_json_if_present};

/// The settings of a checkpoint's image processor or feature extractor, and what errors call their file: the object
/// `name` of `processor_config.json`, or else `preprocessor_config.json`. `remedy` completes the error for a
/// checkpoint that has neither.
pub(super) fn part(dir: &Path, name: &str, remedy: &str) -> Result<(Value, String), CheckpointError> {
    let combined = dir.join("processor_config.json");
    if let Some(mut value) = read_json_if_present(&combined)?
        && let Some(nested) = value.get_mut(name)
    {
        return Ok((nested.take(), format!("{}: /{name}", combined.display())));
    }
    let path = dir.join("preprocessor_config.json");
    Ok((read_json(&path, remedy)?, path.display().to_string()))
}
