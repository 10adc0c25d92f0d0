//! Every recorded pipeline call, on both engines: `tests/pipelines/*/cases.json` against `tasks::run_json`.

mod recorded;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use skillset::registry;
use skillset::runtime::checkpoint::Checkpoint;
use skillset::runtime::engine::{Engine, EngineKind, EngineOptions};
use skillset::runtime::harness::fixture::Fixture;
use skillset::runtime::load::Model;

/// The folders that have a checkpoint, of a model type whose architecture has the task, and recorded calls. The others'
/// graphs were exported, and `tests/exported.rs` holds them to their calls.
fn folders() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(recorded::root()).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> =
        entries.filter(|dir| dir.join("fixture.json").exists() && dir.join("cases.json").exists()).collect();
    folders.retain(|dir| has_architecture(dir));
    folders.sort();
    folders
}

fn has_architecture(folder: &Path) -> bool {
    let fixture = Fixture::open(folder).unwrap();
    let name = folder.file_name().unwrap().to_str().unwrap();
    let exported = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exported");
    // An encoder and its decoder are a folder of graphs.
    let is_exported = exported.join(format!("{name}.onnx")).exists() || exported.join(name).exists();
    let (task, _) = fixture.tasks().next().unwrap();
    // What these write, they write with the class of the third.
    let task = match task {
        "summarization" | "translation" => "text2text-generation",
        task => task,
    };
    let found =
        registry::architecture(&fixture.manifest().model_type).is_ok_and(|found| found.task(task).is_ok());
    assert!(found || is_exported, "{}: neither an architecture nor an exported graph", folder.display());
    found
}

/// Runs all calls of a folder and returns how many there were.
fn run_folder(folder: &Path, engine: &Arc<dyn Engine>) -> Result<usize, String> {
    let fixture = Fixture::open(folder).map_err(|error| error.to_string())?;
    let (task, _) = fixture.tasks().next().ok_or("a fixture without a task")?;
    let dir = tempfile::tempdir().unwrap();
    fixture.write_checkpoint(task, dir.path()).map_err(|error| error.to_string())?;
    let checkpoint = Checkpoint::open(dir.path()).map_err(|error| error.to_string())?;
    let model_type =
        registry::architecture(&checkpoint.model_type().unwrap()).map_err(|error| error.to_string())?;
    let model = Model::new(model_type, Arc::new(checkpoint), Arc::clone(engine));
    recorded::hold(folder, &model)
}

fn run_all(engine: &Arc<dyn Engine>) {
    let (mut calls, mut failures) = (0, vec![]);
    for folder in folders() {
        match run_folder(&folder, engine) {
            Ok(count) => calls += count,
            Err(why) => failures.push(format!("{}: {why}", folder.file_name().unwrap().display())),
        }
    }
    assert!(failures.is_empty(), "{}:\n{}", engine.name(), failures.join("\n"));
    assert!(calls >= 60, "only {calls} calls are recorded");
}

#[test]
fn candle_agrees_with_transformers() {
    run_all(&EngineOptions::default().open().unwrap());
}

/// Needs ONNX Runtime, which `cargo xtask test` installs first.
#[test]
fn onnxruntime_agrees_with_transformers() {
    run_all(&EngineOptions { kind: EngineKind::Onnx, ..EngineOptions::default() }.open().unwrap());
}
