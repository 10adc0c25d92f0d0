//! Encoders with their decoders that torch.onnx exported, under `tests/exported/<pipeline>/<layout>/`: in every layout of
//! files the texts are those that transformers generates.
//!
//! They need ONNX Runtime; without it there is nothing to test, and `cargo xtask test` installs it first.

mod recorded;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use skillset::runtime::checkpoint::Checkpoint;
use skillset::runtime::engine::{Engine, EngineError, EngineKind, EngineOptions};
use skillset::runtime::harness::fixture::Fixture;
use skillset::runtime::load::Model;
use skillset::runtime::tasks::{self, Watcher};
use tempfile::TempDir;

/// Folder, layout and a file of it.
const GRAPHS: [(&str, &str, &str); 9] = [
    ("t5-translation", "split", "decoder_model.onnx"),
    ("t5-translation", "split", "decoder_with_past_model.onnx"),
    ("t5-translation", "split", "encoder_model.onnx"),
    ("t5-translation", "merged", "decoder_model_merged.onnx"),
    ("t5-translation", "merged", "encoder_model.onnx"),
    ("t5-translation", "without_past", "decoder_model.onnx"),
    ("bart-summarization", "merged", "decoder_model_merged.onnx"),
    ("bart-text2text-generation", "without_past", "decoder_model.onnx"),
    ("mbart-translation", "merged", "decoder_model_merged.onnx"),
];

fn graph(name: &str, layout: &str, file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exported").join(name).join(layout).join(file)
}

fn engine() -> Option<Arc<dyn Engine>> {
    match (EngineOptions { kind: EngineKind::Onnx, ..EngineOptions::default() }).open() {
        Ok(engine) => Some(engine),
        Err(EngineError::Unavailable { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

/// The checkpoint of a recorded folder without its weights.
fn checkpoint(name: &str) -> (TempDir, Arc<Checkpoint>) {
    let dir = tempfile::tempdir().unwrap();
    let fixture = Fixture::open(recorded::root().join(name)).unwrap();
    let (task, _) = fixture.tasks().next().unwrap();
    fixture.write_checkpoint(task, dir.path()).unwrap();
    std::fs::remove_file(dir.path().join("model.safetensors")).unwrap();
    let checkpoint = Checkpoint::open_without_weights(dir.path()).unwrap();
    (dir, Arc::new(checkpoint))
}

#[test]
fn every_layout_writes_what_transformers_does() {
    let Some(engine) = engine() else { return };
    let mut failures = vec![];
    for (name, layout, file) in GRAPHS {
        let (_dir, checkpoint) = checkpoint(name);
        let model = Model::exported(graph(name, layout, file), checkpoint, Arc::clone(&engine));
        match recorded::hold(&recorded::root().join(name), &model) {
            Ok(calls) => assert!(calls > 0, "{name}"),
            Err(why) => failures.push(format!("{name} {layout}/{file}: {why}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What running `task` is refused with, the folders left out.
fn refused(task: &str, name: &str, file: &Path, options: serde_json::Value) -> String {
    let (dir, checkpoint) = checkpoint(name);
    let model = Model::exported(file, checkpoint, engine().unwrap());
    let error = tasks::run_json(task, &model, &["a text".into()], &options, Watcher::default())
        .unwrap_err()
        .to_string();
    error
        .replace(dir.path().to_str().unwrap(), "DIR")
        .replace(file.parent().unwrap().to_str().unwrap(), "GRAPHS")
}

#[test]
fn what_is_missing_or_contradicts_itself_is_named() {
    if engine().is_none() {
        return;
    }
    let name = "t5-translation";
    let alone = tempfile::tempdir().unwrap();
    let merged = alone.path().join("decoder_model_merged.onnx");
    std::fs::copy(graph(name, "merged", "decoder_model_merged.onnx"), &merged).unwrap();
    assert_eq!(
        refused("translation", name, &merged, serde_json::Value::Null),
        "onnx (cpu) cannot run GRAPHS/decoder_model_merged.onnx: the encoder that belongs to it, \
         GRAPHS/encoder_model.onnx, is not there"
    );
    let file = graph(name, "merged", "decoder_model_merged.onnx");
    assert_eq!(
        refused("translation", name, &file, serde_json::json!({"src_lang": "en", "tgt_lang": "it"})),
        "DIR/config.json: /task_specific_params: expected translation_en_to_it, since the tokenizer has no tokens for \
         the languages en and it, found en_to_de, en_to_fr; leave src_lang and tgt_lang out for a model of one pair"
    );
    assert_eq!(
        refused("translation", name, &file, serde_json::json!({"src_lang": "en"})),
        "translation: expected both of src_lang and tgt_lang, found one"
    );
    let mbart = graph("mbart-translation", "merged", "decoder_model_merged.onnx");
    assert_eq!(
        refused("translation", "mbart-translation", &mbart, serde_json::json!({"tgt_lang": "fr"})),
        "translation: tgt_lang: expected a language that the tokenizer has, found \"fr\""
    );
    let error = refused("text-generation", name, &file, serde_json::Value::Null);
    assert!(error.contains("it is the decoder behind an encoder"), "{error}");
}
