//! Recorded pipeline calls: `tests/pipelines/*/cases.json`, and holding a model to them.

mod calls;

use std::path::{Path, PathBuf};

use serde_json::Value;
use skillset::runtime::harness::fixture::Fixture;
use skillset::runtime::load::Model;

/// All folders of recorded calls.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines")
}

/// Holds `model` to all calls of a folder and returns how many there were.
pub fn hold(folder: &Path, model: &Model) -> Result<usize, String> {
    let fixture = Fixture::open(folder).map_err(|error| error.to_string())?;
    let (task, _) = fixture.tasks().next().ok_or("a fixture without a task")?;
    let cases: Value = serde_json::from_slice(&std::fs::read(folder.join("cases.json")).unwrap()).unwrap();
    let cases = cases.as_array().unwrap();
    calls::hold(task, cases, &root(), model)?;
    Ok(cases.len())
}
