//! An image processor that fits a config.

use std::path::Path;

use serde_json::json;

use super::{tower, write_json};
use crate::checkpoint::{CheckpointError, Reader};

/// Writes `preprocessor_config.json`: resize to the config's size, rescale, normalise by one half.
pub(super) fn write(config: &Reader<'_>, dir: &Path) -> Result<(), CheckpointError> {
    let nested = tower(config, "vision_config", "image_size")?;
    let config = nested.as_ref().unwrap_or(config);
    // The size of nearly every vision model, and the default of their configs.
    let [height, width] = config.size2("image_size", [224, 224])?;
    let channels = config.positive("num_channels", 3)?;
    let half = vec![0.5; channels];
    let settings = json!({
        "do_convert_rgb": channels == 3,
        "do_resize": true,
        "size": { "height": height, "width": width },
        "resample": 2,
        "do_rescale": true,
        "rescale_factor": 1.0 / 255.0,
        "do_normalize": true,
        "image_mean": half,
        "image_std": half,
    });
    write_json(&dir.join("preprocessor_config.json"), &settings)
}
