//! Granite, a model type that this crate adds to those of skillset, and a skill with it.
//!
//! `model_specs/granite.json` says how Granite differs from LLaMA, `build.rs` compiles it, and the attribute
//! below names it. `cargo test` holds it against outputs that were recorded from transformers, in
//! `tests/fixtures/granite/` (`python -m oracle fixtures --crate ../examples/own-spec granite` in skillset's `tools/`).

use skillset::skillset;

/// The model types of this crate, compiled from `model_specs/`.
pub mod models {
    include!(concat!(env!("OUT_DIR"), "/models.rs"));
}

/// Continues texts and chats.
///
/// ```no_run
/// let writer = own_spec::Writer::from_pretrained("ibm-granite/granite-3.0-2b-instruct")?;
/// for piece in writer.stream("The three laws of robotics are")? {
///     print!("{}", piece?);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[skillset(
    spec = "model_specs/granite.json",
    task = "text-generation",
    backends(cpu, onnx_cpu),
    generation(max_new_tokens = 64, do_sample = false)
)]
pub struct Writer;
