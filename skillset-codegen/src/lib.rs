//! Specs in, Rust out.
//!
//! A spec (`model_specs/<modality>/<model_type>.json`) says what a Hugging Face model type is made of. This crate
//! turns specs into Rust modules over skillset-runtime, in stages that each have a folder or file:
//!
//! ```text
//! JSON text ─ source ─▶ located JSON ─ merge (extends) ─▶ located JSON ─ decode ─▶ spec types
//!                                                                                    │ lower: names, types, paths
//!                       Rust text ◀─ emit ─ checked statements ◀─────────────────────┘ against the vocabulary
//! ```
//!
//! Nothing stops at the first mistake: all errors of all specs come back together as [`Errors`], one line each,
//! `file: JSON pointer: message`, with a suggestion for near misses.
//!
//! Build scripts use [`Builder`]; [`compile`] is the whole as a function of texts.

mod builder;
mod compile;
mod decode;
mod emit;
mod error;
mod files;
mod index;
mod listings;
mod lower;
mod merge;
#[cfg(feature = "schema")]
mod schema;
mod source;
pub mod spec;
pub mod vocabulary;

pub use builder::{BuildError, Builder};
pub use compile::{Output, Selection, SpecFile, compile, merge};
pub use emit::Module;
pub use error::{Error, Errors, Location};
pub use files::{read_specs, write_if_changed};
pub use index::{IndexEntry, SpecIndex};
#[cfg(feature = "schema")]
pub use schema::spec_schema;
pub use source::{Data, Node};
