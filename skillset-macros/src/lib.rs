//! `#[skillset]`: a struct becomes a skill.
//!
//! The stages are those of any compiler: `arguments` parses, `check` holds what was written against the index of
//! model types and tasks, `expand` writes the code. Errors are collected over all stages, so that all mistakes of
//! one attribute are reported together, each on its own token.

mod arguments;
mod attribute;
mod backends;
mod check;
mod errors;
mod expand;
mod features;
mod index;
mod item;
mod labels;
mod suggest;
mod tasks;

use proc_macro::TokenStream;

use attribute::Attribute;
use check::Known;
use errors::Errors;

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
/// - or `spec = "model_specs/my_model.json"`: a model type of the crate's own, which its build script compiles
///   (`skillset_codegen::Builder`) into `crate::models`, or into the module that `models = path` names.
/// - or `onnx = "onnx/model.onnx"`: a graph that others exported, a file of the checkpoint.
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
    let written = proc_macro2::TokenStream::from(item.clone());
    let mut errors = Errors::default();
    let arguments = arguments::parse(arguments.into(), &mut errors);
    let known = Known { index: index::Index::get(), features: features::Features::of_this_build() };
    let skill = check::check(&arguments, known, &mut errors);
    let item = errors.take(item::parse(item.into()));
    match (item, skill) {
        (Some(item), Some(skill)) if errors.is_empty() => {
            expand::expand(&Attribute { item, arguments }, &skill).into()
        }
        // The item stays, so that what uses it is not reported as well.
        _ => {
            let errors = errors.to_compile_errors();
            quote::quote!(#errors #written).into()
        }
    }
}

/// Makes an enum the classes of a classifier, for `labels = …`.
#[proc_macro_derive(Labels, attributes(label, labels))]
pub fn derive_labels(input: TokenStream) -> TokenStream {
    labels::derive(input.into()).into()
}
