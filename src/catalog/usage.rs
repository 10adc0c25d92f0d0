//! How a model type is run: by the attribute, from the command line.

use serde::Serialize;

use super::entry::TaskEntry;
use crate::runtime::model::{Metadata, Modality};
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
    /// The type of that, where it is one of `skillset::tasks`.
    pub input_type: Option<String>,
    /// What prepares it, in words.
    pub processor: String,
}

/// What goes into a task, in examples.
#[derive(Clone, Copy, Debug)]
struct Input {
    /// The kind of processor in the facts of a model type; none where a graph that others exported cannot be given it.
    processor: Option<&'static str>,
    arguments: &'static str,
    rust: &'static str,
    /// The type of the input, where it has one of its own.
    ty: Option<&'static str>,
}

const TEXT: Input =
    Input { processor: Some("tokenizer"), arguments: "'I like it'", rust: "\"I like it\"", ty: None };
const IMAGE: Input = Input {
    processor: Some("image_processor"),
    arguments: "photo.jpg",
    rust: "Image::open(\"photo.jpg\")?",
    ty: Some("Image"),
};
const RECORDING: Input = Input {
    processor: Some("feature_extractor"),
    arguments: "speech.flac",
    rust: "Audio::open(\"speech.flac\")?",
    ty: Some("Audio"),
};

const SERIES: Input = Input {
    processor: None,
    arguments: "--input-json '[[1.2, 0.5], [1.4, null]]'",
    rust: "Series::new([[1.2, 0.5], [1.4, f32::NAN]])?",
    ty: Some("Series"),
};

impl Input {
    /// What goes into `task` of a model of that modality; none for a task that has no example.
    fn of(task: &TaskEntry, modality: Option<Modality>) -> Option<Self> {
        let is_of_text = modality == Some(Modality::Text);
        // By name, so that a new task needs no example.
        Some(match task.name.as_str() {
            "feature-extraction" if is_of_text => TEXT,
            "sentence-similarity" | "text-classification" | "token-classification" => TEXT,
            "fill-mask" => Self {
                arguments: "'Paris is the [MASK] of France.'",
                rust: "\"Paris is the [MASK] of France.\"",
                ..TEXT
            },
            "text-generation" if is_of_text => {
                Self { arguments: "'Once upon'", rust: "\"Once upon\"", ..TEXT }
            }
            "question-answering" => Self {
                arguments: r#"--input-json '{"question": "Who wrote it?", "context": "Ada wrote it."}'"#,
                rust: r#"("Who wrote it?", "Ada wrote it.")"#,
                ..TEXT
            },
            "image-classification"
            | "image-feature-extraction"
            | "image-segmentation"
            | "mask-generation"
            | "object-detection" => IMAGE,
            "image-text-to-text" => Self {
                processor: None,
                arguments: r#"--input-json '{"images": "photo.jpg", "text": "<image> What is it?"}'"#,
                rust: "(Image::open(\"photo.jpg\")?, \"<image> What is it?\")",
                ..IMAGE
            },
            "time-series-classification" | "time-series-prediction" | "time-series-regression" => SERIES,
            "audio-classification" => RECORDING,
            // Of what is written token by token only Whisper's kind runs, from other files than these.
            "automatic-speech-recognition"
                if task.classes.iter().any(|class| class.name.ends_with("ForCTC")) =>
            {
                RECORDING
            }
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
            .filter_map(|task| Some((task, Input::of(task, metadata.modality)?)))
            .collect();
        let (built, listed): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|(task, _)| task.is_built());
        let is_prepared = |(_, input): &Candidate<'_>| {
            metadata.processors.iter().any(|&(kind, _)| Some(kind) == input.processor)
        };
        let exported = listed.into_iter().filter(is_prepared);
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
            input_type: input.ty.map(str::to_owned),
            processor: input.processor.unwrap_or("processor").replace('_', " "),
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
