//! All tasks, by name.

use std::str::FromStr;

use serde_json::Value;

use super::error::TaskError;
use super::pipeline::{Pipeline, RunJson, load_and_run};
use super::progress::Watcher;
use super::{
    AudioClassifier, FeatureExtractor, Forecaster, ImageClassifier, ImageFeatureExtractor, ImageSegmenter,
    ImageTextGenerator, MaskFiller, MaskGenerator, ObjectDetector, QuestionAnswerer, SentenceEmbedder,
    SeriesClassifier, SeriesRegressor, SpeechRecognizer, Summarizer, Text2TextGenerator, TextClassifier,
    TextGenerator, TokenClassifier, Translator, ZeroShotClassifier, ZeroShotImageClassifier,
};
use crate::load::Model;
use crate::model::nearest;

/// Lists each task once: its variant and the pipeline that does it.
macro_rules! tasks {
    ($($(#[$doc:meta])* $variant:ident: $pipeline:ty,)*) => {
        /// A task.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum TaskName {
            $($(#[$doc])* $variant,)*
        }

        impl TaskName {
            /// All tasks.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name that the hub and transformers' pipelines use.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => <$pipeline as Pipeline>::NAME,)*
                }
            }

            fn load_json(self, model: &Model) -> Result<Box<dyn RunJson>, TaskError> {
                Ok(match self {
                    $(Self::$variant => Box::new(<$pipeline as Pipeline>::load(model)?),)*
                })
            }

            fn run_json(
                self,
                model: &Model,
                inputs: &[Value],
                options: &Value,
                watcher: Watcher,
            ) -> Result<Vec<Value>, TaskError> {
                match self {
                    $(Self::$variant => load_and_run::<$pipeline>(model, inputs, options, watcher),)*
                }
            }
        }
    };
}

tasks! {
    /// The classes of a recording.
    AudioClassification: AudioClassifier,
    /// What is said in a recording.
    AutomaticSpeechRecognition: SpeechRecognizer,
    /// The vectors of a text's tokens.
    FeatureExtraction: FeatureExtractor,
    /// What could stand in the place of a mask token.
    FillMask: MaskFiller,
    /// The classes of an image.
    ImageClassification: ImageClassifier,
    /// The vectors of an image's patches.
    ImageFeatureExtraction: ImageFeatureExtractor,
    /// What there is in an image, pixel by pixel.
    ImageSegmentation: ImageSegmenter,
    /// How a text or a chat with images goes on.
    ImageTextToText: ImageTextGenerator,
    /// Everything in an image that could be an object.
    MaskGeneration: MaskGenerator,
    /// What there is in an image, and where.
    ObjectDetection: ObjectDetector,
    /// The part of a text that answers a question.
    QuestionAnswering: QuestionAnswerer,
    /// One vector for a text.
    SentenceSimilarity: SentenceEmbedder,
    /// A text in short.
    Summarization: Summarizer,
    /// The classes of a text.
    TextClassification: TextClassifier,
    /// How a text or a chat goes on.
    TextGeneration: TextGenerator,
    /// A text made of a text.
    Text2TextGeneration: Text2TextGenerator,
    /// The classes of a time series.
    TimeSeriesClassification: SeriesClassifier,
    /// How a time series goes on.
    TimeSeriesPrediction: Forecaster,
    /// Numbers for a time series.
    TimeSeriesRegression: SeriesRegressor,
    /// The entities of a text.
    TokenClassification: TokenClassifier,
    /// A text in another language.
    Translation: Translator,
    /// Which of the classes that a call names a text is of.
    ZeroShotClassification: ZeroShotClassifier,
    /// Which of the classes that a call names an image is of.
    ZeroShotImageClassification: ZeroShotImageClassifier,
}

impl FromStr for TaskName {
    type Err = TaskError;

    fn from_str(name: &str) -> Result<Self, TaskError> {
        // The pipelines' own aliases.
        let name = match name {
            "ner" => "token-classification",
            "sentiment-analysis" => "text-classification",
            other => other,
        };
        Self::ALL.iter().copied().find(|task| task.name() == name).ok_or_else(|| {
            let known: Vec<&'static str> = Self::ALL.iter().map(|task| task.name()).collect();
            TaskError::UnknownTask {
                name: name.to_owned(),
                near: nearest(name, known.iter().copied()).map(str::to_owned),
                known,
            }
        })
    }
}

impl std::fmt::Display for TaskName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Runs a task once on JSON inputs, with an object of options (or `null`); the results are in their order.
///
/// Inputs and options are checked before the model is loaded; `watcher` is told how far the call is. A result has the form of transformers' pipelines,
/// except that a list stays one when it has a single entry.
///
/// # Errors
/// If there is no such task, input or option, or the task fails.
pub fn run_json(
    task: &str,
    model: &Model,
    inputs: &[Value],
    options: &Value,
    watcher: Watcher,
) -> Result<Vec<Value>, TaskError> {
    task.parse::<TaskName>()?.run_json(model, inputs, options, watcher)
}

/// Loads a task to run it on JSON more than once.
///
/// # Errors
/// If there is no such task, or the model cannot do it.
pub fn load_json(task: &str, model: &Model) -> Result<Box<dyn RunJson>, TaskError> {
    task.parse::<TaskName>()?.load_json(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_aliases() {
        for &task in TaskName::ALL {
            assert_eq!(task.to_string().parse::<TaskName>().unwrap(), task);
        }
        assert_eq!("ner".parse::<TaskName>().unwrap(), TaskName::TokenClassification);
        let error = "text-clasification".parse::<TaskName>().unwrap_err().to_string();
        assert!(
            error.starts_with(
                "there is no task \"text-clasification\" (did you mean \"text-classification\"?); tasks are"
            ),
            "{error}"
        );
    }
}
