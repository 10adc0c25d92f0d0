//! Conversations to prompts, by a checkpoint's chat template.
//!
//! Templates are Jinja, rendered by minijinja in the environment that transformers gives them: blocks are
//! trimmed, Python's string methods work, and `raise_exception`, `strftime_now` and a plain `tojson` are there.

mod environment;
mod json;
mod strftime;
mod template;
#[cfg(test)]
mod tests;

pub use template::{ChatOptions, ChatTemplates};
