//! Model metadata into running, typed Rust.
//!
//! [`models`] has a module for every model type, compiled from its spec; [`registry`] finds them by name;
//! [`runtime`] is what executes them.

pub use skill::{
    Assemble, AutoChoice, AutoSkill, Backend, Definition, Origin, Placement, Refusal, Skill, SkillBuilder,
    SkillError, Skilled, UnknownBackend,
};
pub use skillset_macros::{Labels, skillset};
pub use skillset_runtime as runtime;
pub use skillset_runtime::tasks;
pub use skillset_runtime::tasks::Labels;

#[cfg(feature = "cli")]
pub mod catalog;
#[cfg(feature = "cli")]
pub mod cli;
pub mod harness;
pub mod models;
pub mod registry;
mod skill;
