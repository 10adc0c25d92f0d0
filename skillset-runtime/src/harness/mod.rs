//! Parity fixtures: tiny checkpoints and the outputs that transformers computes from them.
//!
//! A fixture is made by `tools/oracle` and holds no weights: [`weights`] derives them from the
//! tensor names, bit for bit as the Python side does, and [`fixture`] writes the checkpoint.

pub mod fixture;
mod manifest;
pub mod weights;
