//! Parity: the outputs of this software held against those that transformers gave.
//!
//! Fixtures (made by `tools/oracle`) hold configs, inputs and outputs, no weights. For each, the checkpoint
//! is written to a temporary folder by the shared weight generator and opened as any checkpoint is.
//! [`measure`] runs what was recorded, [`evidence`] keeps the result for the catalog, [`trace`] finds the
//! first module that differs.

pub mod evidence;
pub mod measure;
pub mod trace;

use std::fs;
use std::path::{Path, PathBuf};

use skillset::runtime::harness::fixture::Fixture;

/// Anything that keeps a measurement from being made.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Where the fixtures are that hold what is claimed.
pub fn fixtures_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// The fixtures in `dir` of the model types in `only` (all, if empty), sorted by type and case.
///
/// # Errors
/// If a fixture is malformed, or a type in `only` has none.
pub fn fixtures(dir: &Path, only: &[String]) -> Result<Vec<Fixture>, Error> {
    let mut fixtures = vec![];
    for model_type in sorted_folders(dir)? {
        let name = model_type.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if only.is_empty() || only.contains(&name) {
            for case in sorted_folders(&model_type)? {
                fixtures.push(Fixture::open(case)?);
            }
        }
    }
    for name in only {
        if !fixtures.iter().any(|fixture| fixture.manifest().model_type == *name) {
            let place = dir.display();
            return Err(
                format!("{place}: no fixture of model type {name:?}; tools/oracle records them").into()
            );
        }
    }
    Ok(fixtures)
}

fn sorted_folders(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut folders = vec![];
    for entry in fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}
