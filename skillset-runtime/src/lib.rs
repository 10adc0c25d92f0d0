//! What runs a skill: the graph IR and its blocks, engines, checkpoints, processors and tasks.
//!
//! The runtime knows no model type by name. A model type is what the `skillset` crate compiles from its
//! spec: a function that builds a [graph](ir) by [blocks], and metadata.

pub mod blocks;
pub mod checkpoint;
pub mod engine;
mod forward;
pub mod generate;
pub mod harness;
pub mod ir;
pub mod load;
pub mod model;
mod new_file;
pub mod processors;
pub mod scores;
pub mod tasks;
pub mod tensor;
pub mod weights;
