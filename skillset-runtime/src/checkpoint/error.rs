//! What can be wrong with a checkpoint.

use std::path::PathBuf;

use super::config::ConfigError;
use super::resolve::Unresolved;

/// An error in a checkpoint's files. Every message names the file, and says what was expected and found.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// A file or directory that has to be there is missing.
    #[error("{}: not found; {remedy}", path.display())]
    Missing {
        /// What is missing.
        path: PathBuf,
        /// What the user can do about it.
        remedy: String,
    },
    /// The operating system could not read a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file that was read.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that should be JSON is not.
    #[error("{}: broken JSON: {message}", path.display())]
    Json {
        /// The broken file.
        path: PathBuf,
        /// The parser's message, with line and column.
        message: String,
    },
    /// Fields of a JSON file have values that cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A weight file is damaged, or its header contradicts its data.
    #[error("{}: {message}", path.display())]
    Weights {
        /// The weight file.
        path: PathBuf,
        /// What is wrong: tensor, expected, found.
        message: String,
    },
    /// The directory has only pickled weights.
    #[error(
        "{}: only pickled weights ({found}) were found, and pickles are never read because loading one runs code \
         from it; convert them once in Python: `from transformers import AutoModel; \
         AutoModel.from_pretrained(DIR).save_pretrained(DIR)` writes model.safetensors beside them (use the \
         checkpoint's own Auto class, such as AutoModelForSequenceClassification, to keep its head)",
        dir.display()
    )]
    PickleOnly {
        /// The checkpoint directory.
        dir: PathBuf,
        /// The pickle that was found.
        found: String,
    },
    /// Parameters are missing, or have another shape or type than the model needs.
    #[error("{}: {unresolved}", path.display())]
    Unresolved {
        /// The weight file, or the folder of several.
        path: PathBuf,
        /// What is wrong with which.
        unresolved: Unresolved,
    },
    /// A model id could not be fetched from, or found in, the hub's cache.
    #[error("{repo}: {message}")]
    Hub {
        /// The model id, with its revision where that is not `main`.
        repo: String,
        /// What went wrong and what to do.
        message: String,
    },
}

impl CheckpointError {
    pub(crate) fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }

    pub(crate) fn weights(path: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Self::Weights { path: path.into(), message: message.into() }
    }
}
