//! `#[skillset]`: a struct becomes a skill.
//!
//! The stages are those of any compiler: `attribute` parses the arguments, `check` holds them against the
//! index of model types and tasks, `expand` writes the code. Each collects its errors, so that all mistakes
//! of one attribute are reported together, each on its own token.

mod attribute;
mod check;
mod expand;
mod index;

use proc_macro::TokenStream;

/// Makes a unit struct a skill: a model type with a task.
///
/// ```ignore
/// #[skillset(model = "bert", task = "fill-mask", backends(cpu))]
/// pub struct MaskFiller;
///
/// let filler = MaskFiller::from_pretrained("org/name")?;
/// let candidates = filler.run("Paris is the [MASK] of France.")?;
/// ```
///
/// # Arguments
///
/// - `model = "…"`: the model type, as `model_type` in a checkpoint's `config.json`.
/// - `task = "…"`: what the skill does, by the name of the Hugging Face pipeline.
/// - `backends(…)`: where it may run, in order of preference: `cpu` (the candle engine), `onnx_cpu` (ONNX
///   Runtime). The first that works is used.
/// - `crate = path`: the path of the `skillset` crate, where it is renamed.
///
/// # What it expands to
///
/// Constructors (`from_pretrained`, `from_dir`), `run`, `run_batch`, `run_with` and the constants `MODEL_TYPE`,
/// `TASK` and `BACKENDS`.
#[proc_macro_attribute]
pub fn skillset(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = attribute::parse(arguments.into(), item.into())
        .and_then(|attribute| check::check(&attribute).map(|skill| expand::expand(&attribute, &skill)));
    expanded.unwrap_or_else(|error| error.into_compile_error()).into()
}
