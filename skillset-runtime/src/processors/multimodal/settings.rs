//! What `processor_config.json` says.

use std::path::Path;

use serde_json::Value;

use crate::checkpoint::{Reader, read_json_if_present};
use crate::processors::ProcessorError;
use crate::processors::text::TextSettings;

const FILE: &str = "processor_config.json";
/// The processors of transformers whose images stand as a grid of patches.
const CLASSES: [&str; 1] = ["LlavaProcessor"];

/// How many tokens stand for an image, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageTokens {
    /// The token.
    pub token: String,
    /// Height and width of a patch, each of which has a token.
    pub patch_size: usize,
    /// Tokens of an image that are no patch.
    pub additional: usize,
    /// Whether the model leaves out the first of them all.
    pub drops_first: bool,
}

impl ImageTokens {
    /// Reads `processor_config.json` of a checkpoint directory. A token of images that the tokenizer names itself wins.
    pub(super) fn from_dir(dir: &Path, tokenizer: &TextSettings) -> Result<Self, ProcessorError> {
        let path = dir.join(FILE);
        let value = read_json_if_present(&path)?.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        Self::read(&Reader::new(&value, &path.display().to_string())?, tokenizer)
    }

    /// Reads the settings from parsed JSON.
    pub(super) fn read(r: &Reader<'_>, tokenizer: &TextSettings) -> Result<Self, ProcessorError> {
        if let Some(class) =
            r.opt_string("processor_class")?.filter(|class| !CLASSES.contains(&class.as_str()))
        {
            let problem = format!(
                "expected {}, found {class}: its way to place images is not supported yet",
                CLASSES.join(", ")
            );
            return Err(r.error("processor_class", problem).into());
        }
        let named = tokenizer.named_token("image_token").map(str::to_owned);
        let token = match named {
            Some(token) => token,
            None => r.string("image_token", "<image>".to_owned())?,
        };
        r.require(!token.is_empty(), "image_token", "a token")?;
        let patch_size = r.opt_usize("patch_size")?.filter(|&size| size > 0).ok_or_else(|| {
            r.error(
                "patch_size",
                "expected the size of a patch, as `patch_size` of `vision_config` in config.json",
            )
        })?;
        let strategy = r.opt_string("vision_feature_select_strategy")?;
        let drops_first = strategy.as_deref() == Some("default");
        if let Some(unknown) = strategy.filter(|strategy| !drops_first && strategy != "full") {
            let problem = format!("expected \"default\" or \"full\", found {unknown:?}");
            return Err(r.error("vision_feature_select_strategy", problem).into());
        }
        Ok(Self { token, patch_size, additional: r.usize("num_additional_image_tokens", 0)?, drops_first })
    }

    /// How many tokens stand for an image of a size, `(height, width)`, as the model sees it; 0 where there is no patch.
    pub fn count(&self, (height, width): (usize, usize)) -> usize {
        let patches = (height / self.patch_size) * (width / self.patch_size);
        (patches + self.additional).saturating_sub(usize::from(self.drops_first))
    }
}
