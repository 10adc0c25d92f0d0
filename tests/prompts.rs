//! Masks for points and boxes, on both engines: `tests/pipelines/*/prompts.json` against `MaskGenerator`.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use skillset::registry;
use skillset::runtime::checkpoint::Checkpoint;
use skillset::runtime::engine::{Engine, EngineKind, EngineOptions};
use skillset::runtime::harness::fixture::Fixture;
use skillset::runtime::load::Model;
use skillset::runtime::tasks::{Image, MaskGenerator, MaskPrompt, Pipeline, PromptOptions};

/// Two engines and torch round differently.
const TOLERANCE: f32 = 2e-4;

/// Prompts about an image, and what transformers makes of them.
#[derive(Deserialize)]
struct Call {
    image: String,
    prompts: Vec<Prompt>,
    multimask: bool,
    mask_threshold: f64,
    output: Vec<Vec<Expected>>,
}

#[derive(Deserialize)]
struct Prompt {
    #[serde(default)]
    points: Vec<(f64, f64, bool)>,
    bounds: Option<[f64; 4]>,
}

#[derive(Deserialize)]
struct Expected {
    score: f32,
    mask: serde_json::Value,
}

/// The recorded model on `engine`, and the folder that it is in.
fn generator(engine: &Arc<dyn Engine>) -> (tempfile::TempDir, MaskGenerator) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines/sam-mask-generation");
    let dir = tempfile::tempdir().unwrap();
    Fixture::open(&folder).unwrap().write_checkpoint("mask-generation", dir.path()).unwrap();
    let checkpoint = Arc::new(Checkpoint::open(dir.path()).unwrap());
    let model = Model::new(registry::architecture("sam").unwrap(), checkpoint, Arc::clone(engine));
    (dir, MaskGenerator::load(&model).unwrap())
}

fn hold(kind: EngineKind) {
    let engine = EngineOptions { kind, ..EngineOptions::default() }.open().unwrap();
    let (_dir, generator) = generator(&engine);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines");
    let recorded = std::fs::read(folder.join("sam-mask-generation/prompts.json")).unwrap();
    let calls: Vec<Call> = serde_json::from_slice(&recorded).unwrap();
    for call in calls {
        let file = std::fs::read(folder.join(&call.image)).unwrap();
        let image = generator.embed(&Image::from_bytes_upright(&file).unwrap()).unwrap();
        let prompt = |prompt: &Prompt| {
            let empty = MaskPrompt { points: vec![], bounds: prompt.bounds };
            prompt.points.iter().fold(empty, |all, &(x, y, inside)| all.and(x, y, inside))
        };
        let prompts: Vec<MaskPrompt> = call.prompts.iter().map(prompt).collect();
        let options = PromptOptions { multimask: call.multimask, mask_threshold: call.mask_threshold };
        let found = generator.segment(&image, &prompts, &options).unwrap();
        assert_eq!(found.len(), call.output.len(), "{}", call.image);
        for (found, expected) in found.iter().zip(&call.output) {
            assert_eq!(found.len(), expected.len(), "{}", call.image);
            for (found, expected) in found.iter().zip(expected) {
                assert!((found.score - expected.score).abs() <= TOLERANCE, "{}", call.image);
                assert_eq!(serde_json::to_value(&found.mask).unwrap(), expected.mask, "{}", call.image);
            }
        }
    }
}

#[test]
fn candle_makes_the_masks_of_transformers() {
    hold(EngineKind::default());
}

/// Needs ONNX Runtime, which `cargo xtask test` installs first.
#[test]
fn onnxruntime_makes_the_masks_of_transformers() {
    hold(EngineKind::Onnx);
}

#[test]
fn a_prompt_that_means_nothing_is_refused() {
    let (_dir, generator) = generator(&EngineOptions::default().open().unwrap());
    let image = Image::from_pixels(vec![0; 12], 2, 2, 3).unwrap();
    let image = generator.embed(&image).unwrap();
    let prompts = [MaskPrompt::point(1.0, 1.0), MaskPrompt::default()];
    let error = generator.segment(&image, &prompts, &PromptOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "mask-generation: input 1: expected points or a box, found neither");
}
