//! Processors: from what a user has (texts, images, recordings, chats) to the tensors a model takes, and back.
//!
//! Each processor is driven by the files of a checkpoint and follows transformers' own processing to the last
//! token and pixel.

pub mod audio;
pub mod chat;
mod error;
pub mod image;
pub mod multimodal;
mod part;
pub mod text;

pub use error::ProcessorError;
use part::part;
