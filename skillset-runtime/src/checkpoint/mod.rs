//! Checkpoints: a directory of `config.json` and safetensors, opened, checked and mapped.
//!
//! A checkpoint is read in three layers. `json` and `config` read the small files, with errors that name
//! the field. `safetensors` checks a weight file's header before a byte of it is trusted, and `mapped` maps the
//! data; nothing is copied. `resolve` matches the names a model asks for with the names that a file has.
//! [`hub`] turns a model id into such a directory.
//!
//! Pickled weights (`pytorch_model.bin`) are never read: unpickling runs code from the file.

mod config;
mod error;
pub mod hub;
mod json;
mod labels;
mod mapped;
mod open;
mod resolve;
mod safetensors;
mod shards;
#[cfg(test)]
pub(crate) mod testing;

pub use ::safetensors::Dtype as StoredType;
pub use config::{
    AnyConfig, CommonConfig, ConfigError, FromConfig, LayerType, LayerTypes, OneOrMany, OrString, Reader,
    ToJson, Words, align_stages, are_stages, config_to_json, cycle, cycle_then, first_layers, first_of_every,
    is_stage_out, last_of_every, object, unsupported,
};
pub use error::CheckpointError;
pub use json::{parse_json, read_json, read_json_if_present};
pub use labels::{Labels, ProblemType};
pub use mapped::{MappedTensors, TensorView};
pub use open::Checkpoint;
pub use resolve::{ParamRequest, Resolution, Resolver, Unresolved};
pub use serde_json::{Map as JsonMap, Value as Json};
pub(crate) use shards::stays_inside;
