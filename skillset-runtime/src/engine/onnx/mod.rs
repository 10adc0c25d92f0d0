//! ONNX: graphs as ONNX models, and ONNX Runtime as an engine.
//!
//! ```text
//!                                 ┌─ OnnxModel::save ──▶ model.onnx beside the checkpoint (or its data copied)
//! CheckedGraph ── write_model ──▶ │
//!                                 └─ OnnxEngine::load ─▶ a session over the checkpoint's mapped files
//! model.onnx of others ───────────── OnnxEngine::load_exported ─▶ a session over the file
//! decoder_model*.onnx ────────────── OnnxEngine::load_exported_decoder ─▶ steps over one graph or two
//! ```
//!
//! The library is not linked but [found](Library::find) when an engine is made, and may be [installed](install())
//! for the user. A [`Provider`] counts as available once a test graph has run on it.

mod decoder;
mod engine;
mod exported;
mod held;
mod install;
mod library;
mod program;
mod proto;
mod provider;
#[cfg(test)]
mod tests;
mod values;
mod writer;

pub use engine::{OnnxEngine, OnnxOptions};
pub use install::{DEFAULT_VERSION, install};
pub use library::{Library, Origin, install_root};
pub use provider::{Provider, UnknownProvider};
pub use writer::{Caches, OnnxModel, Storage, WriteError, WriteOptions, write_model};

use super::EngineError;

fn unavailable(reason: impl Into<String>) -> EngineError {
    EngineError::Unavailable { engine: "onnxruntime".into(), reason: reason.into() }
}
