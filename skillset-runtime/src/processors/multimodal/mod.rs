//! Texts with images, by a checkpoint's tokenizer, image processor and `processor_config.json` together.
//!
//! Where a text has an image stands a token. It becomes as many of these as the model makes vectors of the image, and
//! the model puts the vectors in their place.

mod settings;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

pub use settings::ImageTokens;

use super::ProcessorError;
use super::image::ImageProcessor;
use super::text::{EncodeOptions, OverLong, TextProcessor};

/// Prepares texts with images as one checkpoint's processor does (transformers' `LlavaProcessor`).
#[derive(Clone, Debug)]
pub struct MultimodalProcessor {
    text: Arc<TextProcessor>,
    images: ImageProcessor,
    image_tokens: ImageTokens,
    image_token_id: u32,
}

impl MultimodalProcessor {
    /// The processor of a checkpoint directory.
    ///
    /// # Errors
    /// If a file is missing or unusable, or the tokenizer does not know the token of images.
    pub fn from_dir(dir: impl AsRef<Path>) -> Result<Self, ProcessorError> {
        let dir = dir.as_ref();
        let text = TextProcessor::from_dir(dir)?;
        let image_tokens = ImageTokens::from_dir(dir, text.settings())?;
        let image_token_id = text.token_to_id(&image_tokens.token).ok_or_else(|| {
            ProcessorError::Text(format!(
                "{}: expected the token {:?} of images, which is not in the vocabulary",
                dir.join("tokenizer.json").display(),
                image_tokens.token
            ))
        })?;
        let images = ImageProcessor::from_dir(dir)?;
        Ok(Self { text: Arc::new(text), images, image_tokens, image_token_id })
    }

    /// The tokenizer.
    pub fn text(&self) -> &Arc<TextProcessor> {
        &self.text
    }

    /// The image processor.
    pub fn images(&self) -> &ImageProcessor {
        &self.images
    }

    /// How many tokens stand for an image, and which.
    pub fn image_tokens(&self) -> &ImageTokens {
        &self.image_tokens
    }

    /// The id of the token that stands for a vector of an image.
    pub fn image_token_id(&self) -> u32 {
        self.image_token_id
    }

    /// The tokens of a text. `images` are the sizes of its images as `(height, width)`, in the order of their places in
    /// the text and as the image processor makes them.
    ///
    /// # Errors
    /// If there are not as many images as places, or an image is smaller than a patch.
    pub fn encode(
        &self,
        text: &str,
        images: &[(usize, usize)],
        add_special_tokens: bool,
    ) -> Result<Vec<u32>, ProcessorError> {
        let (text, expected) = self.expand(text, images).map_err(ProcessorError::Text)?;
        // As transformers does with a warning: some models take more than they say.
        let options =
            EncodeOptions { add_special_tokens, over_long: OverLong::Allow, ..EncodeOptions::default() };
        let rows = self.text.encode(&[(&text).into()], &options)?.into_rows();
        let ids: Vec<u32> = rows.into_iter().flat_map(|row| row.ids).collect();
        let found = ids.iter().filter(|&&id| id == self.image_token_id).count();
        if found != expected {
            return Err(ProcessorError::Text(format!(
                "expected {expected} tokens {:?} for {} images, found {found}: the tokenizer does not take it for one \
                 token; make it a special one",
                self.image_tokens.token,
                images.len()
            )));
        }
        Ok(ids)
    }

    /// The text with as many tokens for each image as it needs, and how many these are.
    fn expand(&self, text: &str, images: &[(usize, usize)]) -> Result<(String, usize), String> {
        let token = self.image_tokens.token.as_str();
        let mut pieces = text.split(token);
        let places = text.matches(token).count();
        if places != images.len() {
            return Err(format!(
                "expected as many images as {token:?} in the text, found {} images for {places}",
                images.len()
            ));
        }
        let mut expanded = pieces.next().unwrap_or_default().to_owned();
        let mut tokens = 0;
        for (piece, &(height, width)) in pieces.zip(images) {
            let count = self.image_tokens.count((height, width));
            if count == 0 {
                let patch = self.image_tokens.patch_size;
                return Err(format!("an image of {height} × {width} has no patch of {patch} × {patch}"));
            }
            expanded.extend([&*token.repeat(count), piece]);
            tokens += count;
        }
        Ok((expanded, tokens))
    }
}
