//! How a model type is run: by the attribute, from the command line.

use serde::Serialize;

use super::entry::TaskEntry;
use crate::runtime::model::Metadata;
use crate::runtime::tasks::TaskName;

/// How a model type is run.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "way", rename_all = "kebab-case")]
pub enum Usage {
    /// From a checkpoint's weights.
    Built(Example),
    /// From a graph that others exported.
    Exported(Example),
    /// Not at all; but its config can be read, by the module of that name in `skillset::models::configs`.
    Config {
        /// The module.
        module: String,
    },
}

/// What an example needs.
#[derive(Clone, Debug, Serialize)]
pub struct Example {
    /// A name for the user's struct.
    pub skill: String,
    /// The task of the example.
    pub task: String,
    /// All tasks that can stand in its place.
    pub tasks: Vec<String>,
    /// Where it runs, in the attribute's words.
    pub backend: String,
    /// Whether the task was held against transformers.
    pub is_verified: bool,
    /// The last arguments of the command, which give an input.
    pub arguments: String,
    /// What the skill's `run` takes, in Rust.
    pub input: String,
}

/// What goes into a task, in examples.
#[derive(Clone, Copy, Debug)]
struct Input {
    /// The kind of processor in the facts of a model type.
    processor: &'static str,
    arguments: &'static str,
    rust: &'static str,
}

const TEXT: Input = Input { processor: "tokenizer", arguments: "'I like it'", rust: "\"I like it\"" };
const IMAGE: Input =
    Input { processor: "image_processor", arguments: "photo.jpg", rust: "Image::open(\"photo.jpg\")?" };

impl Input {
    /// What goes into `task`; none for a task that has no example.
    fn of(task: &str) -> Option<Self> {
        // By name, so that a new task needs no example.
        Some(match task {
            "feature-extraction" | "sentence-similarity" | "text-classification" | "token-classification" => {
                TEXT
            }
            "fill-mask" => Self {
                arguments: "'Paris is the [MASK] of France.'",
                rust: "\"Paris is the [MASK] of France.\"",
                ..TEXT
            },
            "text-generation" => Self { arguments: "--prompt 'Once upon'", rust: "\"Once upon\"", ..TEXT },
            "question-answering" => Self {
                arguments: r#"--input-json '{"question": "Who wrote it?", "context": "Ada wrote it."}'"#,
                rust: r#"("Who wrote it?", "Ada wrote it.")"#,
                ..TEXT
            },
            "image-classification" | "image-feature-extraction" => IMAGE,
            _ => return None,
        })
    }
}

/// A task that a runner takes, with its input.
type Candidate<'a> = (&'a TaskEntry, Input);

impl Usage {
    pub(super) fn new(metadata: &Metadata, tasks: &[TaskEntry]) -> Self {
        let candidates: Vec<Candidate<'_>> = tasks
            .iter()
            .filter(|task| TaskName::ALL.iter().any(|name| name.name() == task.name))
            .filter_map(|task| Some((task, Input::of(&task.name)?)))
            .collect();
        let (built, listed): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|(task, _)| task.is_built());
        let exported = listed.into_iter().filter(|(task, input)| {
            // Exported graphs run every task but this.
            task.name != TaskName::TextGeneration.name()
                && metadata.processors.iter().any(|&(kind, _)| kind == input.processor)
        });
        if let Some(example) = Example::new(metadata, &built) {
            Self::Built(example)
        } else if let Some(example) = Example::new(metadata, &exported.collect::<Vec<_>>()) {
            Self::Exported(Example { backend: "onnx_cpu".to_owned(), ..example })
        } else {
            Self::Config { module: metadata.model_type.replace(['-', '.'], "_").to_lowercase() }
        }
    }
}

impl Example {
    /// An example of one of the tasks: a measured one before others, a head before bare vectors.
    fn new(metadata: &Metadata, candidates: &[Candidate<'_>]) -> Option<Self> {
        let rank = |(task, _): &&Candidate<'_>| {
            let is_bare = task.name.contains("feature-extraction") || task.name == "sentence-similarity";
            (!task.is_verified(), is_bare)
        };
        let (task, input) = candidates.iter().min_by_key(rank)?;
        let measured = |name: &str| {
            task.classes.iter().flat_map(|class| &class.engines).any(|engine| engine.name == name)
        };
        let backend = if measured("onnx") && !measured("candle") { "onnx_cpu" } else { "cpu" };
        Some(Self {
            skill: skill_name(metadata.model_type),
            task: task.name.clone(),
            tasks: candidates.iter().map(|(task, _)| task.name.clone()).collect(),
            backend: backend.to_owned(),
            is_verified: task.is_verified(),
            arguments: input.arguments.to_owned(),
            input: input.rust.to_owned(),
        })
    }
}

/// `deberta-v2` as the name of a struct: `DebertaV2Skill`.
fn skill_name(model_type: &str) -> String {
    let words = model_type.split(|c: char| !c.is_ascii_alphanumeric());
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
    };
    let name: String = words.map(capital).collect();
    let mark = if name.starts_with(|c: char| c.is_ascii_digit()) { "Model" } else { "" };
    format!("{mark}{name}Skill")
}
