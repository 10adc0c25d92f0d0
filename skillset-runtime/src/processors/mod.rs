//! Processors: from what a user has (texts, images, chats) to the tensors a model takes, and back.
//!
//! Each processor is driven by the files of a checkpoint and follows transformers' own processing to the last
//! token and pixel.

pub mod chat;
mod error;
pub mod image;
pub mod text;

pub use error::ProcessorError;
