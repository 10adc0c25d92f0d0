//! One module a model type, compiled from `model_specs/` by the build script.

#![allow(clippy::too_many_lines, reason = "a base model is one function, as long as its spec has steps")]

include!(concat!(env!("OUT_DIR"), "/models.rs"));
