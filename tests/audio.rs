//! Every recorded call on an audio model that has an architecture, on both engines: `tests/audio/*/cases.json`.

#[path = "recorded/calls.rs"]
mod calls;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use skillset::registry;
use skillset::runtime::checkpoint::Checkpoint;
use skillset::runtime::engine::{Engine, EngineKind, EngineOptions};
use skillset::runtime::harness::fixture::Fixture;
use skillset::runtime::load::Model;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audio")
}

/// Runs all calls of a folder and returns how many there were; `None` if its model type has no architecture.
fn run_folder(folder: &Path, engine: &Arc<dyn Engine>) -> Option<usize> {
    let fixture = Fixture::open(folder).unwrap();
    let model_type = registry::architecture(&fixture.manifest().model_type).ok()?;
    let (task, _) = fixture.tasks().next().unwrap();
    let dir = tempfile::tempdir().unwrap();
    fixture.write_checkpoint(task, dir.path()).unwrap();
    let checkpoint = Arc::new(Checkpoint::open(dir.path()).unwrap());
    let model = Model::new(model_type, checkpoint, Arc::clone(engine));
    let recorded: Value = serde_json::from_slice(&std::fs::read(folder.join("cases.json")).unwrap()).unwrap();
    let cases = recorded["cases"].as_array().unwrap();
    calls::hold(task, cases, &root(), &model)
        .unwrap_or_else(|why| panic!("{} on {}: {why}", folder.display(), engine.name()));
    Some(cases.len())
}

fn run_all(engine: &Arc<dyn Engine>) {
    let entries = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let folders: Vec<PathBuf> = entries.filter(|dir| dir.join("fixture.json").exists()).collect();
    let calls: usize = folders.iter().filter_map(|folder| run_folder(folder, engine)).sum();
    assert!(calls >= 15, "only {calls} calls are recorded");
}

#[test]
fn candle_hears_what_transformers_hears() {
    run_all(&EngineOptions::default().open().unwrap());
}

/// Needs ONNX Runtime, which `cargo xtask test` installs first.
#[test]
fn onnxruntime_hears_what_transformers_hears() {
    run_all(&EngineOptions { kind: EngineKind::Onnx, ..EngineOptions::default() }.open().unwrap());
}
