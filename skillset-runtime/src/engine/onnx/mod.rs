//! ONNX: graphs as ONNX models, and ONNX Runtime as an engine.

mod proto;
mod writer;

pub use writer::{OnnxModel, Storage, WriteError, WriteOptions, write_model};
