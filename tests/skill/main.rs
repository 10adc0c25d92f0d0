//! What `#[skillset]` makes of a struct, on tiny checkpoints. The forms it accepts are in `ui/pass`.

mod auto;
mod builder;
mod handle;
mod labels;
mod placement;
mod settings;
mod streaming;
mod support;
