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

/// Makes a struct a skill: a model type with a task.
///
/// ```ignore
/// #[derive(Clone, Copy, Debug, PartialEq, Eq, skillset::Labels)]
/// pub enum Sentiment { Negative, Positive }
///
/// #[skillset(model = "bert", task = "text-classification", backends(cuda, cpu), labels = Sentiment)]
/// pub struct Mood;
///
/// let mood = Mood::from_pretrained("org/name")?;
/// let classes = mood.run("I like it")?;
/// assert_eq!(classes[0].label, Sentiment::Positive);
/// ```
///
/// It goes on a unit, named or tuple struct; generics, bounds, visibility, attributes and the struct's own fields stay.
/// A `#[derive(…)]` belongs below the attribute, so that it sees the whole struct.
///
/// # Arguments
///
/// | argument | |
/// | --- | --- |
/// | `model = "bert"` | The model type, as `model_type` in a checkpoint's `config.json`. Required, or `spec` or `onnx`. |
/// | `spec = "model_specs/my_model.json"` | Instead of `model`: a model type of the crate's own, which its build script compiles (`skillset_codegen::Builder`) into `crate::models`, or into the module that `models = path` names. |
/// | `onnx = "onnx/model.onnx"` | Instead of `model`, or beside it: a graph that others exported, a file of the checkpoint. ONNX Runtime runs it. With `model`, which may be any that transformers knows, checkpoints of other types and tasks that it has no class for are refused. |
/// | `task = "fill-mask"` | What the skill does, by the name of the Hugging Face pipeline. Required. |
/// | `backends(cuda, cpu)` | Where it may run, in order of preference; see below. Required. |
/// | `labels = Sentiment` | An enum that derives [`Labels`](derive@Labels): results have its labels instead of strings, and a checkpoint with other classes is refused. Tasks `text-classification`, `image-classification`, `audio-classification`, `time-series-classification`. |
/// | `checkpoint = "org/name"` | The default checkpoint, for `load()`. |
/// | `revision = "main"` | Its branch, tag or commit. |
/// | `precision = "f32"` | The precision of the computation. Only `f32` was measured, so nothing else is accepted. |
/// | `strict` | Only the first backend will do; without, the next is tried and the refusal logged. |
/// | `max_length = 256` | Texts are cut to that many tokens (question answering: windows have at most that many). Tasks on texts, other than those that generate. |
/// | `pooling = "mean"` | How a text's vector is made: `cls`, `max`, `mean`, `mean_sqrt_len_tokens`, `weightedmean` or `lasttoken`; without, as the checkpoint says. Task `sentence-similarity`. |
/// | `normalize = true` | Whether vectors are scaled to length 1; without, as the checkpoint says. Task `sentence-similarity`. |
/// | `generation(max_new_tokens = 64, …)` | Parameters of generation: `max_new_tokens`, `num_beams`, `length_penalty`, `do_sample`, `temperature`, `top_k`, `top_p`, `min_p`, `repetition_penalty`, `seed`. A call's own options win over them, and they over the checkpoint's. One that shapes the draw of tokens asks for a draw. Tasks `text-generation`, `text2text-generation`, `summarization`, `translation`. |
/// | `allow_unverified` | Compiles a model type, task or engine that has metadata, but was never held against transformers: what it computes may be wrong. |
/// | `tests = false` | Generates no tests; what those are is said at `skillset::harness`. |
/// | `cases = "tests/cases.json"` | Cases of one's own for the generated tests; `skillset::runtime::harness::cases` has the format. |
/// | `models = crate::models` | The module of `spec`. |
/// | `crate = path` | The path of the `skillset` crate, where it is renamed or re-exported. |
///
/// # Backends
///
/// A backend is used if one of its engines opens and runs a small graph.
///
/// | backend | engines, in order |
/// | --- | --- |
/// | `cpu` | candle on the processor |
/// | `onnx_cpu` | ONNX Runtime on the processor |
/// | `cuda` | candle on an NVIDIA GPU (cargo feature `cuda`), else ONNX Runtime with CUDA |
/// | `tensorrt` | ONNX Runtime with TensorRT |
/// | `rocm` | ONNX Runtime with MIGraphX |
/// | `mps` | candle on an Apple GPU (cargo feature `metal`), else ONNX Runtime with Core ML |
/// | `openvino` | ONNX Runtime with OpenVINO |
/// | `webgpu` | ONNX Runtime with WebGPU |
///
/// # What it expands to
///
/// The struct with one more field: `skill`, or the last place of a tuple struct. It is a `skillset::Skill`, which is
/// `Send + Sync` and cheap to clone. And, with `own: T` standing for the struct's own fields in their order:
///
/// ```ignore
/// impl skillset::Skilled for MySkill { /* DEFINITION, Pipeline, settings() */ }
/// impl skillset::Assemble<(T,)> for MySkill { /* assemble(skill, fields) */ }
///
/// impl MySkill {
///     pub const MODEL_TYPE: &'static str;
///     pub const TASK: &'static str;
///     pub const BACKENDS: &'static [Backend];
///
///     pub fn builder(own: T) -> SkillBuilder<Self, (T,)>;  // device, threads, cache, progress, strict, …
///     pub fn from_pretrained(source: &str, own: T) -> Result<Self, SkillError>;
///     pub fn from_dir(dir: impl AsRef<Path>, own: T) -> Result<Self, SkillError>;
///     pub fn load(own: T) -> Result<Self, SkillError>;     // with `checkpoint`
///
///     pub fn run(&self, input: impl Into<Input>) -> Result<Output, SkillError>;
///     pub fn run_with(&self, input: impl Into<Input>, options: &Options) -> Result<Output, SkillError>;
///     pub fn run_batch(&self, inputs: &[Input]) -> Result<Vec<Output>, SkillError>;
///     pub fn run_batch_with(&self, inputs: &[Input], options: &Options) -> Result<Vec<Output>, SkillError>;
///     pub fn stream(&self, input: impl Into<Input>) -> Result<TextStream<'_>, SkillError>;  // text-generation, image-text-to-text
///     pub fn stream_with(&self, input: impl Into<Input>, options: &Options) -> Result<TextStream<'_>, SkillError>;
///     pub fn placement(&self) -> &Placement;               // the backend, and why not those before
/// }
///
/// #[cfg(test)]
/// mod my_skill_skill { /* the generated tests */ }
/// ```
///
/// `Input`, `Options` and `Output` are those of the task's pipeline in `skillset::tasks`. The struct's docs gain a table
/// of what was measured of its model type.
///
/// # Errors
///
/// All mistakes of one attribute are reported together, each where it stands.
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

/// Makes an enum the classes of a classifier, for the argument `labels` of [`macro@skillset`].
///
/// A class id is the place of the variant, and a name that of the variant, in any ASCII case; `#[label = "…"]` gives
/// another name, which has to be the config's to the letter. When a checkpoint is opened, its `id2label` must have
/// exactly these names in this order.
///
/// ```ignore
/// #[derive(Clone, Copy, Debug, PartialEq, Eq, skillset::Labels)]
/// enum Sentiment {
///     Negative,
///     #[label = "very positive"]
///     Positive,
/// }
/// ```
///
/// `#[labels(crate = path)]` on the enum names the `skillset` crate, where it is renamed.
#[proc_macro_derive(Labels, attributes(label, labels))]
pub fn derive_labels(input: TokenStream) -> TokenStream {
    labels::derive(input.into()).into()
}
