//! What can go wrong in a processor.

use std::path::PathBuf;

use crate::checkpoint::{CheckpointError, ConfigError};

/// An error of a processor, either in its files or in an input.
#[derive(Debug, thiserror::Error)]
pub enum ProcessorError {
    /// A file of the checkpoint is missing or broken.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The tokenizer file does not describe a tokenizer.
    #[error("{}: not a usable tokenizer: {message}", path.display())]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What the tokenizers library says.
        message: String,
    },
    /// A text cannot be encoded, or token ids cannot be decoded.
    #[error("{0}")]
    Text(String),
    /// An image cannot be read.
    #[error("{origin}: {message}")]
    Image {
        /// The file, or "image" for one that came as bytes or as a buffer.
        origin: String,
        /// What is wrong.
        message: String,
    },
    /// Images cannot be processed as the checkpoint's settings say.
    #[error("{0}")]
    Pixels(String),
    /// A recording cannot be read.
    #[error("{origin}: {message}")]
    Audio {
        /// The file, or "audio" for one that came as bytes or as samples.
        origin: String,
        /// What is wrong.
        message: String,
    },
    /// Recordings cannot be processed as the checkpoint's settings say.
    #[error("{0}")]
    Features(String),
    /// A chat template is missing, broken, or refuses the conversation.
    #[error("{0}")]
    Chat(String),
}

impl From<ConfigError> for ProcessorError {
    fn from(error: ConfigError) -> Self {
        Self::Checkpoint(error.into())
    }
}
