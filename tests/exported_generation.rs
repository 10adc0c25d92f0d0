//! Text generation by decoders that torch.onnx exported, under `tests/exported/<pipeline>/<layout>/`: in every layout of
//! files the texts are those of transformers' pipeline.
//!
//! They need ONNX Runtime; without it there is nothing to test, and `cargo xtask test` installs it first.

mod recorded;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use skillset::registry;
use skillset::runtime::checkpoint::{Checkpoint, Reader};
use skillset::runtime::engine::{Engine, EngineError, EngineKind, EngineOptions};
use skillset::runtime::generate::GenerationConfig;
use skillset::runtime::harness::fixture::Fixture;
use skillset::runtime::load::Model;
use skillset::runtime::tasks;
use skillset::skillset;
use skillset::tasks::{TaskOptions, TextGenerationOptions};
use tempfile::TempDir;

const NAME: &str = "gpt2-text-generation";
/// Layout and a file of it.
const LAYOUTS: [(&str, &str); 5] = [
    ("with_past", "model.onnx"),
    ("split", "decoder_model.onnx"),
    ("split", "decoder_with_past_model.onnx"),
    ("merged", "decoder_model_merged.onnx"),
    ("without_past", "decoder_model.onnx"),
];

fn graph(layout: &str, file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exported").join(NAME).join(layout).join(file)
}

fn engine() -> Option<Arc<dyn Engine>> {
    match (EngineOptions { kind: EngineKind::Onnx, ..EngineOptions::default() }).open() {
        Ok(engine) => Some(engine),
        Err(EngineError::Unavailable { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

/// The checkpoint of the recorded pipeline without its weights.
fn checkpoint() -> (TempDir, Arc<Checkpoint>) {
    let dir = tempfile::tempdir().unwrap();
    let fixture = Fixture::open(recorded::root().join(NAME)).unwrap();
    fixture.write_checkpoint("text-generation", dir.path()).unwrap();
    std::fs::remove_file(dir.path().join("model.safetensors")).unwrap();
    let checkpoint = Checkpoint::open_without_weights(dir.path()).unwrap();
    (dir, Arc::new(checkpoint))
}

#[test]
fn every_layout_generates_what_transformers_does() {
    let Some(engine) = engine() else { return };
    let (_dir, checkpoint) = checkpoint();
    for (layout, file) in LAYOUTS {
        let model = Model::exported(graph(layout, file), Arc::clone(&checkpoint), Arc::clone(&engine));
        let calls = recorded::hold(&recorded::root().join(NAME), &model);
        assert!(calls.unwrap_or_else(|why| panic!("{layout}/{file}: {why}")) > 0);
    }
}

#[test]
fn prompts_of_different_lengths_become_what_the_checkpoint_makes_of_them() {
    let Some(engine) = engine() else { return };
    let fixture = Fixture::open(recorded::root().join(NAME)).unwrap();
    let native = tempfile::tempdir().unwrap();
    fixture.write_checkpoint("text-generation", native.path()).unwrap();
    let native = Arc::new(Checkpoint::open(native.path()).unwrap());
    let candle = EngineOptions::default().open().unwrap();
    let native = Model::new(registry::architecture("gpt2").unwrap(), native, candle).generator().unwrap();

    let (_dir, checkpoint) = checkpoint();
    let prompts = [vec![5, 6, 7, 8], vec![9], vec![35, 80, 12]];
    let greedy = GenerationConfig::greedy(9);
    let sampled = GenerationConfig { do_sample: Some(true), seed: Some(7), ..greedy.clone() };
    for cached in [greedy, sampled] {
        let expected = native.generate(&prompts, &cached).unwrap();
        let recomputed = GenerationConfig { use_cache: Some(false), ..cached.clone() };
        for (layout, file) in LAYOUTS {
            let model = Model::exported(graph(layout, file), Arc::clone(&checkpoint), Arc::clone(&engine));
            let generator = model.generator().unwrap();
            for options in [&cached, &recomputed] {
                assert_eq!(generator.generate(&prompts, options).unwrap(), expected, "{layout}/{file}");
            }
        }
    }
}

#[skillset(onnx = "onnx/model.onnx", task = "text-generation", backends(onnx_cpu))]
#[derive(Debug)]
struct Storyteller;

#[test]
fn a_skill_generates_by_an_exported_decoder() {
    if engine().is_none() {
        return;
    }
    let (dir, _) = checkpoint();
    std::fs::create_dir(dir.path().join("onnx")).unwrap();
    std::fs::copy(graph("with_past", "model.onnx"), dir.path().join("onnx/model.onnx")).unwrap();
    let cases = std::fs::read(recorded::root().join(NAME).join("cases.json")).unwrap();
    let case = &serde_json::from_slice::<serde_json::Value>(&cases).unwrap()[0];
    let options = TextGenerationOptions::read(&Reader::new(&case["options"], "options").unwrap()).unwrap();
    let skill = Storyteller::from_dir(dir.path()).unwrap();
    let generated = skill.run_with(case["input"].as_str().unwrap(), &options).unwrap();
    assert_eq!(generated.text, case["output"][0]["generated_text"]);
}

#[test]
fn a_step_without_its_first_graph_is_refused() {
    let Some(engine) = engine() else { return };
    let (dir, checkpoint) = checkpoint();
    let file = dir.path().join("decoder_with_past_model_fp16.onnx");
    std::fs::copy(graph("split", "decoder_with_past_model.onnx"), &file).unwrap();
    let model = Model::exported(&file, checkpoint, engine);
    let Err(error) = tasks::load_json("text-generation", &model) else { panic!("a graph is missing") };
    assert_eq!(
        error.to_string().replace(dir.path().to_str().unwrap(), "DIR"),
        "onnx (cpu) cannot run DIR/decoder_with_past_model_fp16.onnx: it runs later steps only, and \
         DIR/decoder_model_fp16.onnx, which runs the first, is not there"
    );
}
