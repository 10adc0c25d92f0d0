//! One skill for each task.

use skillset::tasks;
use skillset::{SkillError, skillset};

#[skillset(model = "bert", task = "feature-extraction", backends(cpu))]
struct Features;
#[skillset(model = "bert", task = "fill-mask", backends(cpu))]
struct Masks;
#[skillset(model = "bert", task = "question-answering", backends(cpu))]
struct Answers;
#[skillset(model = "bert", task = "sentence-similarity", backends(cpu))]
struct Embeddings;
#[skillset(model = "bert", task = "text-classification", backends(cpu))]
struct Classes;
#[skillset(model = "bert", task = "token-classification", backends(cpu))]
struct Entities;
#[skillset(model = "llama", task = "text-generation", backends(cpu))]
struct Generation;
#[skillset(model = "vit", task = "image-classification", backends(cpu))]
struct ImageClasses;
#[skillset(model = "vit", task = "image-feature-extraction", backends(cpu))]
struct ImageFeatures;
#[skillset(model = "llava", task = "image-text-to-text", backends(cpu))]
struct ImageTexts;
#[skillset(onnx = "model.onnx", task = "object-detection", backends(onnx_cpu))]
struct Objects;
#[skillset(model = "detr", task = "image-segmentation", backends(cpu))]
struct Segments;
#[skillset(model = "patchtst", task = "time-series-classification", backends(cpu))]
struct SeriesClasses;
#[skillset(model = "patchtst", task = "time-series-prediction", backends(cpu))]
struct Forecasts;
#[skillset(model = "patchtst", task = "time-series-regression", backends(cpu))]
struct SeriesNumbers;
#[skillset(model = "sam", task = "mask-generation", backends(cpu))]
struct AllMasks;
#[skillset(onnx = "model.onnx", task = "zero-shot-classification", backends(onnx_cpu))]
struct AnyClasses;
#[skillset(onnx = "model.onnx", task = "zero-shot-image-classification", backends(onnx_cpu))]
struct AnyImageClasses;
#[skillset(
    onnx = "decoder_model.onnx",
    task = "summarization",
    backends(onnx_cpu),
    generation(max_new_tokens = 9)
)]
struct Summaries;
#[skillset(onnx = "decoder_model.onnx", task = "text2text-generation", backends(onnx_cpu))]
struct Texts;
#[skillset(onnx = "decoder_model.onnx", task = "translation", backends(onnx_cpu))]
struct Translations;

/// Every input and result has its type.
#[rustfmt::skip]
#[test]
fn every_task_has_its_types() {
    let _: fn(&Features) -> Result<tasks::Features, SkillError> = |skill| skill.run("a");
    let _: fn(&Masks) -> Result<Vec<Vec<tasks::FillMask>>, SkillError> = |skill| skill.run(String::from("a"));
    let _: fn(&Answers) -> Result<Vec<tasks::Answer>, SkillError> = |skill| skill.run(("a", "b"));
    let _: fn(&Embeddings) -> Result<tasks::Embedding, SkillError> = |skill| skill.run("a");
    let _: fn(&Classes) -> Result<Vec<tasks::Classification>, SkillError> = |skill| skill.run(("a", "b"));
    let _: fn(&Entities) -> Result<Vec<tasks::Entity>, SkillError> = |skill| skill.run("a");
    let _: fn(&Generation) -> Result<tasks::Generated, SkillError> = |skill| skill.run("a");
    let _: for<'a> fn(&'a Generation) -> Result<tasks::TextStream<'a>, SkillError> = |skill| skill.stream("a");
    let _: fn(&ImageClasses, tasks::Image) -> Result<Vec<tasks::Classification>, SkillError> = |skill, image| skill.run(image);
    let _: fn(&ImageFeatures, &[tasks::Image]) -> Result<Vec<tasks::ImageFeatures>, SkillError> = |skill, images| skill.run_batch(images);
    let _: fn(&ImageTexts, tasks::Image) -> Result<tasks::Generated, SkillError> = |skill, image| skill.run((image, "<image> a"));
    let _: for<'a> fn(&'a ImageTexts) -> Result<tasks::TextStream<'a>, SkillError> = |skill| skill.stream("a");
    let _: fn(&Objects, tasks::Image) -> Result<Vec<tasks::Detection>, SkillError> = |skill, image| skill.run(image);
    let _: fn(&Segments, tasks::Image) -> Result<Vec<tasks::Segment>, SkillError> = |skill, image| skill.run(image);
    let _: fn(&AllMasks, tasks::Image) -> Result<Vec<tasks::GeneratedMask>, SkillError> = |skill, image| skill.run(image);
    let _: fn(&AnyClasses, &tasks::ZeroShotOptions) -> Result<tasks::ZeroShotClassification, SkillError> = |skill, options| skill.run_with("a", options);
    let _: fn(&AnyImageClasses, tasks::Image, &tasks::ZeroShotImageOptions) -> Result<Vec<tasks::Classification>, SkillError> = |skill, image, options| skill.run_with(image, options);
    let _: fn(&Summaries) -> Result<tasks::WrittenText, SkillError> = |skill| skill.run("a");
    let _: fn(&Texts, &tasks::Text2TextOptions) -> Result<tasks::WrittenText, SkillError> = |skill, options| skill.run_with("a", options);
    let _: fn(&Translations, &tasks::TranslationOptions) -> Result<tasks::WrittenText, SkillError> = |skill, options| skill.run_with("a", options);
    let _: fn(&Embeddings, &tasks::EmbeddingOptions) -> Result<tasks::Embedding, SkillError> = |skill, options| skill.run_with("a", options);
}
