//! Tasks: from what a user has (texts, images, recordings, chats, time series) to what a user wants (labels, entities, answers, text).
//!
//! Each task is a [`Pipeline`] with typed inputs, options and results, whose semantics and defaults are those of
//! transformers' pipeline of the same name. A pipeline is `Send + Sync` and takes `&self`: several threads may
//! use one. [`run_json`] runs any of them on JSON, by its name.

mod audio_classification;
mod batch;
mod classification;
mod detokenize;
mod error;
mod feature_extraction;
mod fill_mask;
mod generation;
mod hypothesis;
mod image_classification;
mod image_feature_extraction;
mod image_segmentation;
mod image_source;
mod image_text_to_text;
mod images;
mod labelled;
mod labels;
mod mask;
mod mask_generation;
mod message;
mod object_detection;
mod options;
mod pipeline;
mod pooling;
mod progress;
mod question_answering;
mod recordings;
mod registry;
mod resize;
mod sentence_similarity;
mod settings;
mod speech_recognition;
mod text;
mod text2text;
mod text_classification;
mod text_encoder;
mod text_generation;
mod text_input;
mod time_series;
mod token_classification;
mod zero_shot_classification;
mod zero_shot_image_classification;

pub use audio_classification::{AudioClassificationOptions, AudioClassifier};
pub use batch::DEFAULT_BATCH_SIZE;
pub use classification::{Classification, ScoreFunction};
pub use error::TaskError;
pub use feature_extraction::{FeatureExtractor, FeatureOptions, Features};
pub use fill_mask::{FillMask, FillMaskOptions, MaskFiller};
pub use hypothesis::HypothesisTemplate;
pub use image_classification::{ImageClassificationOptions, ImageClassifier};
pub use image_feature_extraction::{ImageFeatureExtractor, ImageFeatureOptions, ImageFeatures};
pub use image_segmentation::{ImageSegmentationOptions, ImageSegmenter, Segment, Subtask};
pub use image_text_to_text::{ImagePrompt, ImageTextGenerator};
pub use labelled::Labelled;
pub use labels::Labels;
pub use mask::Mask;
pub use mask_generation::{
    EmbeddedImage, GeneratedMask, MaskGenerationOptions, MaskGenerator, MaskPrompt, PromptOptions,
    PromptPoint,
};
pub use message::{Content, Message, Part};
pub use object_detection::{Bounds, Detection, ObjectDetectionOptions, ObjectDetector};
pub use options::TaskOptions;
pub use pipeline::{JsonPipeline, Pipeline, RunJson};
pub use pooling::{Pooling, PoolingMode};
pub use progress::{Progress, Watcher};
pub use question_answering::{Answer, Question, QuestionAnswerer, QuestionAnsweringOptions};
pub use registry::{TaskName, load_json, run_json};
pub use sentence_similarity::{Embedding, EmbeddingOptions, SentenceEmbedder};
pub use settings::{Adjustable, EmbeddingSettings, TextSettings};
pub use speech_recognition::{
    SpeechRecognitionOptions, SpeechRecognizer, TimedText, Timestamps, Transcription,
};
pub use text_classification::{ClassificationOptions, TextClassifier};
pub use text_generation::{Generated, Prompt, TextGenerationOptions, TextGenerator, TextStream};
pub use text_input::TextInput;
pub use text2text::{
    Summarizer, Text2TextGenerator, Text2TextOptions, TranslationOptions, Translator, WrittenText,
};
pub use time_series::{
    Forecast, Forecaster, Series, SeriesClassificationOptions, SeriesClassifier, SeriesError, SeriesEstimate,
    SeriesOptions, SeriesRegressor,
};
pub use token_classification::{Aggregation, Entity, TokenClassificationOptions, TokenClassifier};
pub use zero_shot_classification::{ZeroShotClassification, ZeroShotClassifier, ZeroShotOptions};
pub use zero_shot_image_classification::{ZeroShotImageClassifier, ZeroShotImageOptions};

pub use crate::processors::audio::Audio;
pub use crate::processors::image::Image;
