//! How many tokens an image has, to fit a config.

use std::path::Path;

use serde_json::json;

use super::write_json;
use crate::checkpoint::{CheckpointError, ConfigError, Reader};

/// The token that stands for an image in a text.
pub(in crate::harness) const IMAGE: &str = "<image>";

/// Its id, where the config has one.
pub(super) fn id(config: &Reader<'_>) -> Result<Option<usize>, ConfigError> {
    Ok(config.opt_usize("image_token_id")?.or(config.opt_usize("image_token_index")?))
}

/// Writes `processor_config.json`, for an image encoder with a token in front of its patches.
pub(super) fn write(config: &Reader<'_>, dir: &Path) -> Result<(), CheckpointError> {
    let settings = json!({
        "image_token": IMAGE,
        "num_additional_image_tokens": 1,
        "patch_size": config.object("vision_config")?.positive("patch_size", None)?,
        "vision_feature_select_strategy": config.string("vision_feature_select_strategy", "default".to_owned())?,
    });
    write_json(&dir.join("processor_config.json"), &settings)
}
