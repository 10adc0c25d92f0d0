//! Which weight files a checkpoint directory has.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::{CheckpointError, ConfigError, read_json_if_present};

const SINGLE: &str = "model.safetensors";
pub(super) const INDEX: &str = "model.safetensors.index.json";
const PICKLES: [&str; 2] = ["pytorch_model.bin", "pytorch_model.bin.index.json"];

/// The safetensors files of a directory, in sorted order.
pub(super) fn weight_files(dir: &Path) -> Result<Vec<PathBuf>, CheckpointError> {
    let single = dir.join(SINGLE);
    if single.is_file() {
        return Ok(vec![single]);
    }
    let index = dir.join(INDEX);
    if let Some(value) = read_json_if_present(&index)? {
        let files = shard_names(&value, &index)?;
        return files.into_iter().map(|name| existing(dir.join(name), &index)).collect();
    }
    if !dir.is_dir() {
        return Err(CheckpointError::Missing {
            path: dir.to_owned(),
            remedy: "expected a checkpoint directory or a model id such as \"org/name\"".to_owned(),
        });
    }
    if let Some(found) = PICKLES.into_iter().find(|name| dir.join(name).is_file()) {
        return Err(CheckpointError::PickleOnly { dir: dir.to_owned(), found: found.to_owned() });
    }
    let remedy = format!("a checkpoint needs {SINGLE}, or {INDEX} and its shards");
    Err(CheckpointError::Missing { path: single, remedy })
}

/// The distinct file names that an index maps its tensors to. A name that could leave the directory is refused:
/// an index is data from elsewhere, and must not choose what other files are opened.
pub(super) fn shard_names(
    index: &serde_json::Value,
    path: &Path,
) -> Result<BTreeSet<String>, CheckpointError> {
    let file = path.display().to_string();
    let wrong = |pointer: &str, message: String| ConfigError::at(&file, pointer, message);
    let map = index
        .get("weight_map")
        .and_then(|map| map.as_object())
        .ok_or_else(|| wrong("/weight_map", "expected an object that maps tensors to files".to_owned()))?;
    let mut names = BTreeSet::new();
    for (tensor, name) in map {
        let at = || format!("/weight_map/{tensor}");
        let Some(name) = name.as_str() else {
            return Err(wrong(&at(), format!("expected a file name, found {name}")).into());
        };
        if !stays_inside(name) {
            let message = format!("expected a file inside the checkpoint directory, found {name:?}");
            return Err(wrong(&at(), message).into());
        }
        if !name.ends_with(".safetensors") {
            return Err(wrong(&at(), format!("expected a .safetensors file, found {name:?}")).into());
        }
        names.insert(name.to_owned());
    }
    Ok(names)
}

/// Whether a relative path is made of plain names only. Backslashes and colons are refused everywhere, so that
/// a path in a checkpoint's file means the same on Windows, where they separate components and name drives.
pub(crate) fn stays_inside(name: &str) -> bool {
    let plain = |component| matches!(component, Component::Normal(_));
    !name.is_empty() && !name.contains(['\\', ':', '\0']) && Path::new(name).components().all(plain)
}

fn existing(path: PathBuf, index: &Path) -> Result<PathBuf, CheckpointError> {
    if path.is_file() {
        return Ok(path);
    }
    let remedy = format!("{} lists it, so the checkpoint is incomplete; fetch it again", index.display());
    Err(CheckpointError::Missing { path, remedy })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::MappedTensors;
    use crate::checkpoint::testing::{TestTensor, write_safetensors};
    use serde_json::json;

    fn error(files: &[(&str, &str)]) -> String {
        let dir = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(dir.path().join(name), content).unwrap();
        }
        let error = weight_files(dir.path()).unwrap_err().to_string();
        error.replace(dir.path().to_str().unwrap(), "DIR")
    }

    #[test]
    fn shards_are_opened_together() {
        let dir = tempfile::tempdir().unwrap();
        write_safetensors(&dir.path().join("m-1.safetensors"), &[TestTensor::f32("a", &[1], &[1.])]);
        write_safetensors(&dir.path().join("m-2.safetensors"), &[TestTensor::f32("b", &[1], &[2.])]);
        let index = json!({"weight_map": {"b": "m-2.safetensors", "a": "m-1.safetensors"}});
        std::fs::write(dir.path().join(INDEX), index.to_string()).unwrap();
        let weights = MappedTensors::open(dir.path()).unwrap();
        assert_eq!(weights.names().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn an_index_cannot_leave_the_directory() {
        for name in [
            "../x.safetensors",
            "/etc/x.safetensors",
            "a/../../x.safetensors",
            "..\\x.safetensors",
            "C:x",
            "",
        ] {
            let index = json!({"weight_map": {"w": name}}).to_string();
            assert_eq!(
                error(&[(INDEX, &index)]),
                format!(
                    "DIR/{INDEX}: /weight_map/w: expected a file inside the checkpoint directory, found {name:?}"
                )
            );
        }
    }

    #[test]
    fn incomplete_or_foreign() {
        let index = r#"{"weight_map": {"w": "m-1.safetensors"}}"#;
        assert_eq!(
            error(&[(INDEX, index)]),
            format!(
                "DIR/m-1.safetensors: not found; DIR/{INDEX} lists it, so the checkpoint is incomplete; fetch it again"
            )
        );
        assert!(
            error(&[(INDEX, "{}")]).ends_with("/weight_map: expected an object that maps tensors to files")
        );
        assert!(
            error(&[("pytorch_model.bin", "")]).starts_with("DIR: only pickled weights (pytorch_model.bin)")
        );
        assert_eq!(
            error(&[]),
            format!(
                "DIR/model.safetensors: not found; a checkpoint needs model.safetensors, or {INDEX} and its shards"
            )
        );
    }
}
