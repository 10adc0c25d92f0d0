//! The tasks that a skill can have, and their types.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

/// A task and its types in `skillset::tasks`.
pub struct Task {
    /// The name of the Hugging Face pipeline.
    pub name: &'static str,
    /// What does it.
    pub pipeline: &'static str,
    /// What it takes.
    pub input: Type,
    /// What a call can ask for.
    pub options: &'static str,
    /// What a skill can set.
    pub settings: Settings,
    /// What it gives for one input.
    pub output: Type,
}

/// The pipelines that give their text piece by piece.
const STREAMING: [&str; 2] = ["ImageTextGenerator", "TextGenerator"];

/// What the attribute can set of a task; also the arguments that it takes for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Settings {
    /// Nothing.
    None,
    /// `max_length`.
    Text,
    /// `max_length`, `pooling` and `normalize`.
    Embedding,
    /// `generation(…)`.
    Generation,
}

/// A type of inputs or results.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// A string.
    Text,
    /// A value of this type of `skillset::tasks`.
    One(&'static str),
    /// A list of values.
    List(&'static str),
    /// A list of lists.
    Lists(&'static str),
    /// A list of classes, whose labels can be the author's own type.
    Classes,
}

/// Every task.
pub const TASKS: [Task; 23] = [
    Task {
        name: "audio-classification",
        pipeline: "AudioClassifier",
        input: Type::One("Audio"),
        options: "AudioClassificationOptions",
        settings: Settings::None,
        output: Type::Classes,
    },
    Task {
        name: "automatic-speech-recognition",
        pipeline: "SpeechRecognizer",
        input: Type::One("Audio"),
        options: "SpeechRecognitionOptions",
        settings: Settings::None,
        output: Type::One("Transcription"),
    },
    Task {
        name: "feature-extraction",
        pipeline: "FeatureExtractor",
        input: Type::One("TextInput"),
        options: "FeatureOptions",
        settings: Settings::Text,
        output: Type::One("Features"),
    },
    Task {
        name: "fill-mask",
        pipeline: "MaskFiller",
        input: Type::One("TextInput"),
        options: "FillMaskOptions",
        settings: Settings::Text,
        output: Type::Lists("FillMask"),
    },
    Task {
        name: "image-classification",
        pipeline: "ImageClassifier",
        input: Type::One("Image"),
        options: "ImageClassificationOptions",
        settings: Settings::None,
        output: Type::Classes,
    },
    Task {
        name: "image-feature-extraction",
        pipeline: "ImageFeatureExtractor",
        input: Type::One("Image"),
        options: "ImageFeatureOptions",
        settings: Settings::None,
        output: Type::One("ImageFeatures"),
    },
    Task {
        name: "image-segmentation",
        pipeline: "ImageSegmenter",
        input: Type::One("Image"),
        options: "ImageSegmentationOptions",
        settings: Settings::None,
        output: Type::List("Segment"),
    },
    Task {
        name: "image-text-to-text",
        pipeline: "ImageTextGenerator",
        input: Type::One("ImagePrompt"),
        options: "TextGenerationOptions",
        settings: Settings::Generation,
        output: Type::One("Generated"),
    },
    Task {
        name: "mask-generation",
        pipeline: "MaskGenerator",
        input: Type::One("Image"),
        options: "MaskGenerationOptions",
        settings: Settings::None,
        output: Type::List("GeneratedMask"),
    },
    Task {
        name: "object-detection",
        pipeline: "ObjectDetector",
        input: Type::One("Image"),
        options: "ObjectDetectionOptions",
        settings: Settings::None,
        output: Type::List("Detection"),
    },
    Task {
        name: "question-answering",
        pipeline: "QuestionAnswerer",
        input: Type::One("Question"),
        options: "QuestionAnsweringOptions",
        settings: Settings::Text,
        output: Type::List("Answer"),
    },
    Task {
        name: "sentence-similarity",
        pipeline: "SentenceEmbedder",
        input: Type::One("TextInput"),
        options: "EmbeddingOptions",
        settings: Settings::Embedding,
        output: Type::One("Embedding"),
    },
    Task {
        name: "summarization",
        pipeline: "Summarizer",
        input: Type::Text,
        options: "Text2TextOptions",
        settings: Settings::Generation,
        output: Type::One("WrittenText"),
    },
    Task {
        name: "text-classification",
        pipeline: "TextClassifier",
        input: Type::One("TextInput"),
        options: "ClassificationOptions",
        settings: Settings::Text,
        output: Type::Classes,
    },
    Task {
        name: "text-generation",
        pipeline: "TextGenerator",
        input: Type::One("Prompt"),
        options: "TextGenerationOptions",
        settings: Settings::Generation,
        output: Type::One("Generated"),
    },
    Task {
        name: "text2text-generation",
        pipeline: "Text2TextGenerator",
        input: Type::Text,
        options: "Text2TextOptions",
        settings: Settings::Generation,
        output: Type::One("WrittenText"),
    },
    Task {
        name: "time-series-classification",
        pipeline: "SeriesClassifier",
        input: Type::One("Series"),
        options: "SeriesClassificationOptions",
        settings: Settings::None,
        output: Type::Classes,
    },
    Task {
        name: "time-series-prediction",
        pipeline: "Forecaster",
        input: Type::One("Series"),
        options: "SeriesOptions",
        settings: Settings::None,
        output: Type::One("Forecast"),
    },
    Task {
        name: "time-series-regression",
        pipeline: "SeriesRegressor",
        input: Type::One("Series"),
        options: "SeriesOptions",
        settings: Settings::None,
        output: Type::One("SeriesEstimate"),
    },
    Task {
        name: "token-classification",
        pipeline: "TokenClassifier",
        input: Type::Text,
        options: "TokenClassificationOptions",
        settings: Settings::Text,
        output: Type::List("Entity"),
    },
    Task {
        name: "translation",
        pipeline: "Translator",
        input: Type::Text,
        options: "TranslationOptions",
        settings: Settings::Generation,
        output: Type::One("WrittenText"),
    },
    Task {
        name: "zero-shot-classification",
        pipeline: "ZeroShotClassifier",
        input: Type::Text,
        options: "ZeroShotOptions",
        settings: Settings::Text,
        output: Type::One("ZeroShotClassification"),
    },
    Task {
        name: "zero-shot-image-classification",
        pipeline: "ZeroShotImageClassifier",
        input: Type::One("Image"),
        options: "ZeroShotImageOptions",
        settings: Settings::None,
        output: Type::List("Classification"),
    },
];

/// The task of this name.
pub fn find(name: &str) -> Option<&'static Task> {
    TASKS.iter().find(|task| task.name == name)
}

impl Task {
    /// Whether a result can be had piece by piece.
    pub fn streams(&self) -> bool {
        STREAMING.contains(&self.pipeline)
    }

    /// Whether the attribute takes this argument for the task. Arguments that every task takes are not asked for.
    pub fn takes(&self, argument: &str) -> bool {
        match argument {
            "labels" => self.output == Type::Classes,
            "max_length" => matches!(self.settings, Settings::Text | Settings::Embedding),
            "pooling" | "normalize" => self.settings == Settings::Embedding,
            "generation" => self.settings == Settings::Generation,
            _ => false,
        }
    }
}

impl Type {
    /// The type, where `tasks` is the path of its module.
    pub fn tokens(self, tasks: &TokenStream, labels: Option<&Path>) -> TokenStream {
        let named = |name| {
            let name = quote::format_ident!("{name}");
            quote!(#tasks::#name)
        };
        let list = |of: TokenStream| quote!(::std::vec::Vec<#of>);
        match self {
            Self::Text => quote!(::std::string::String),
            Self::One(name) => named(name),
            Self::List(name) => list(named(name)),
            Self::Lists(name) => list(list(named(name))),
            Self::Classes => list(match labels {
                None => named("Classification"),
                Some(labels) => quote!(#tasks::Classification<#labels>),
            }),
        }
    }
}
