//! Spec files in, modules out: the part of a build that touches the disk.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::builder::BuildError;
use crate::compile::SpecFile;
use crate::source::Node;

/// JSON files at the top of a folder of specs that are none: what editors check specs by, and what was harvested
/// for all types together.
const NOT_SPECS: [&str; 4] = ["common.json", "harvest.json", "processors.json", "schema.json"];

/// Every `<folder>/<model_type>.json` and `<folder>/<modality>/<model_type>.json`, in order, and the
/// `earlier_names.json`, `evidence.json` and `glossary.json` of the folder where there are such.
///
/// # Errors
/// If a folder or file cannot be read.
pub fn read_specs(folder: &Path) -> Result<Vec<SpecFile>, BuildError> {
    spec_paths(folder)?.iter().map(|path| read_spec(path)).collect()
}

/// The specs of `folder` that those of `own` extend, and what those extend in turn. All of them if a name is not
/// among them, so that a similar one can be suggested.
pub(crate) fn read_base_specs(folder: &Path, own: &[SpecFile]) -> Result<Vec<SpecFile>, BuildError> {
    let stem = |path: &PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let paths = spec_paths(folder)?.into_iter();
    let mut paths: BTreeMap<String, PathBuf> = paths.filter_map(|path| Some((stem(&path)?, path))).collect();
    let mut waiting: Vec<String> = own.iter().filter_map(extended).collect();
    let mut read: Vec<SpecFile> = vec![];
    while let Some(name) = waiting.pop() {
        if let Some(path) = paths.remove(&name) {
            let file = read_spec(&path)?;
            waiting.extend(extended(&file));
            read.push(file);
        } else if !own.iter().chain(&read).any(|file| file.stem() == name) {
            return read_specs(folder);
        }
    }
    Ok(read)
}

/// What a spec extends; broken ones are reported when they are compiled.
fn extended(file: &SpecFile) -> Option<String> {
    let node = Node::parse(&file.text, &file.path).ok()?;
    node.get("extends")?.as_str().map(str::to_owned)
}

fn read_spec(path: &Path) -> Result<SpecFile, BuildError> {
    let text = std::fs::read_to_string(path).map_err(|source| BuildError::io(path, source))?;
    Ok(SpecFile { path: path.display().to_string().replace('\\', "/"), text })
}

/// The files of a folder of specs.
fn spec_paths(folder: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let (folders, mut paths): (Vec<_>, Vec<_>) = entries(folder)?.into_iter().partition(|path| path.is_dir());
    paths.retain(|path| !NOT_SPECS.iter().any(|name| path.ends_with(name)));
    for folder in folders {
        paths.extend(entries(&folder)?);
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    Ok(paths)
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
