//! Three skills for texts: what they are about, how they sound, and how a conversation goes on.
//!
//! Each is a struct with one attribute. `cargo test` runs the tests that the attribute generates, on tiny models of
//! the same architecture; no checkpoint is needed for that.

mod helpdesk;
mod similarity;
mod tone;

pub use helpdesk::Helpdesk;
pub use similarity::Similarity;
pub use tone::{Tone, ToneReader};
