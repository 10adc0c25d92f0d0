//! Tiny checkpoints with a tokenizer.

use std::path::Path;

use serde_json::Value;
use skillset::runtime::harness::fixture::Fixture;
use tempfile::TempDir;

/// The checkpoint of a folder of `tests/pipelines`.
pub fn checkpoint(name: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines").join(name);
    let fixture = Fixture::open(fixture).expect("the fixture is readable");
    let (task, _) = fixture.tasks().next().expect("the fixture has a task");
    fixture.write_checkpoint(task, folder.path()).expect("the checkpoint is written");
    folder
}

/// The same with another value in its config.
pub fn checkpoint_with(name: &str, field: &str, value: Value) -> TempDir {
    let folder = checkpoint(name);
    let path = folder.path().join("config.json");
    let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    config[field] = value;
    std::fs::write(path, config.to_string()).unwrap();
    folder
}

/// The result that transformers gave for the first recorded call with this input.
pub fn recorded(name: &str, input: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines").join(name).join("cases.json");
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let case = cases.into_iter().find(|case| case["input"] == input).expect("the call was recorded");
    case["output"].clone()
}
