//! Tests of a model type and of the skills made from it, against what transformers computed.
//!
//! A [fixture] is made by `tools/oracle` and holds a tiny config and recorded outputs, but no weights:
//! [`weights`] derives them from the tensor names, bit for bit as the Python side does. [`measure_task`] runs
//! what was recorded.
//!
//! A fixture has no tokenizer or image processor. [`complete_checkpoint`] makes ones that fit its config, so
//! that a whole task can run on it; [`Samples`] are inputs for that, and [`behaviour`] holds the results to
//! what every task promises. [`damage`] spoils checkpoints, and [`cases`] are an author's own expectations.

pub mod behaviour;
pub mod cases;
mod compare;
mod complete;
pub mod damage;
mod differences;
pub mod fixture;
mod labelled;
mod manifest;
mod measure;
mod samples;
pub mod weights;

pub use compare::{Difference, Limits};
pub use complete::complete_checkpoint;
pub use differences::differences;
pub use labelled::LabelledError;
pub use measure::{MeasureError, Measured, measure_task, recorded_task};
pub use samples::{SampleError, Samples};
