//! Spec files in, modules out: the part of a build that touches the disk.

use std::io;
use std::path::{Path, PathBuf};

use crate::builder::BuildError;
use crate::compile::SpecFile;

/// JSON files at the top of a folder of specs that are none: what editors check specs by, and what was harvested
/// for all types together.
const NOT_SPECS: [&str; 4] = ["common.json", "harvest.json", "processors.json", "schema.json"];

/// Every `<folder>/<model_type>.json` and `<folder>/<modality>/<model_type>.json`, in order, and the
/// `earlier_names.json`, `evidence.json` and `glossary.json` of the folder where there are such.
///
/// # Errors
/// If a folder or file cannot be read.
pub fn read_specs(folder: &Path) -> Result<Vec<SpecFile>, BuildError> {
    let (folders, mut paths): (Vec<_>, Vec<_>) = entries(folder)?.into_iter().partition(|path| path.is_dir());
    paths.retain(|path| !NOT_SPECS.iter().any(|name| path.ends_with(name)));
    for folder in folders {
        paths.extend(entries(&folder)?);
    }
    let is_json = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).map_err(|source| BuildError::io(&path, source))?;
        Ok(SpecFile { path: path.display().to_string().replace('\\', "/"), text })
    };
    paths.into_iter().filter(is_json).map(read).collect()
}

/// The entries of a folder, sorted: the order of the file system is not the same everywhere.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let error = |source| BuildError::io(folder, source);
    let entries = std::fs::read_dir(folder).map_err(error)?;
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>();
    if let Ok(paths) = &mut paths {
        paths.sort();
    }
    paths.map_err(error)
}

/// Writes `text` unless the file says just that.
///
/// # Errors
/// If the file cannot be written.
pub fn write_if_changed(path: &Path, text: &str) -> Result<bool, BuildError> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(false);
    }
    std::fs::write(path, text).map_err(|source| BuildError::io(path, source))?;
    Ok(true)
}
