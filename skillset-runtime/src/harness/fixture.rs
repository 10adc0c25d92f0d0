//! Reads a fixture and writes the checkpoint that it stands for.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize_to_file};
use serde_json::{Map, Value};

pub use super::manifest::{Content, Generate, Manifest, Run, Task, Tensor};
use super::weights;
use crate::engine::Tensors;
use crate::tensor::file::{TensorFileError, read_tensors};

/// One case of a model type: a tiny config, its tasks, and what transformers made of them.
#[derive(Debug)]
pub struct Fixture {
    dir: PathBuf,
    config: Map<String, Value>,
    manifest: Manifest,
}

/// Why a fixture cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A JSON file does not have the expected form.
    #[error("{}: {source}; rewrite the fixture with tools/oracle", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The place and the reason.
        source: serde_json::Error,
    },
    /// A safetensors file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Safetensors {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: safetensors::SafeTensorError,
    },
    /// The recorded tensors cannot be read.
    #[error(transparent)]
    Tensors(#[from] TensorFileError),
    /// The fixture lacks something that was asked for, or contradicts itself.
    #[error("{}: {message}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

impl Fixture {
    /// Reads `config.json` and `fixture.json` of `dir`.
    ///
    /// # Errors
    /// When either file is missing or malformed.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, FixtureError> {
        let dir = dir.into();
        let config = read_json(&dir.join("config.json"))?;
        let manifest = read_json(&dir.join("fixture.json"))?;
        Ok(Self { dir, config, manifest })
    }

    /// The directory it was read from.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// All of `fixture.json`.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The recorded tasks, by name.
    pub fn tasks(&self) -> impl Iterator<Item = (&str, &Task)> {
        self.manifest.tasks.iter().map(|(name, task)| (name.as_str(), task))
    }

    /// One task.
    ///
    /// # Errors
    /// When it was not recorded; the message lists those that were.
    pub fn task(&self, name: &str) -> Result<&Task, FixtureError> {
        self.manifest.tasks.get(name).ok_or_else(|| {
            let known: Vec<_> = self.manifest.tasks.keys().map(String::as_str).collect();
            self.fault(format!("no task {name:?}, only {}", known.join(", ")))
        })
    }

    /// The `config.json` of a task's checkpoint.
    ///
    /// # Errors
    /// When the task was not recorded.
    pub fn config(&self, task: &str) -> Result<Map<String, Value>, FixtureError> {
        let mut config = self.config.clone();
        for (field, value) in &self.task(task)?.config_overrides {
            match value {
                Value::Null => config.shift_remove(field),
                _ => config.insert(field.clone(), value.clone()),
            };
        }
        Ok(config)
    }

    /// Writes the checkpoint of a task to the existing directory `to`: `config.json`,
    /// `model.safetensors` and the fixture's further files.
    ///
    /// # Errors
    /// When the task was not recorded or a file cannot be written.
    pub fn write_checkpoint(&self, task: &str, to: &Path) -> Result<(), FixtureError> {
        let tensors: Vec<Tensor> = self.tensors(task)?.into_iter().cloned().collect();
        self.write(self.config(task)?, &tensors, to)
    }

    /// As [`write_checkpoint`](Self::write_checkpoint), with a config and tensors that may differ from those that
    /// were recorded.
    pub(super) fn write(
        &self,
        config: Map<String, Value>,
        tensors: &[Tensor],
        to: &Path,
    ) -> Result<(), FixtureError> {
        let path = to.join("config.json");
        let config = Value::Object(config);
        fs::write(&path, format!("{config:#}\n")).map_err(|e| FixtureError::io(&path, e))?;

        let mut stored = Vec::new();
        for tensor in tensors {
            stored.push((tensor, self.bytes(tensor)?));
        }
        let views = stored
            .iter()
            .map(|(tensor, (dtype, bytes))| {
                let view = TensorView::new(*dtype, tensor.shape.clone(), bytes);
                view.map(|view| (tensor.name.as_str(), view))
            })
            .collect::<Result<Vec<_>, _>>();
        let path = to.join("model.safetensors");
        let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        views
            .and_then(|views| serialize_to_file(views, Some(metadata), &path))
            .map_err(|e| FixtureError::safetensors(&path, e))?;

        for file in &self.manifest.files {
            let from = self.dir.join(file);
            let name = from.file_name().unwrap_or(from.as_os_str());
            fs::copy(&from, to.join(name)).map_err(|e| FixtureError::io(&from, e))?;
        }
        Ok(())
    }

    /// The tensors of a task's checkpoint.
    ///
    /// # Errors
    /// When the task was not recorded or a range exceeds the list.
    pub fn tensors(&self, task: &str) -> Result<Vec<&Tensor>, FixtureError> {
        let all = &self.manifest.tensors;
        let mut found = Vec::new();
        for &[start, end] in &self.task(task)?.tensors {
            let range = all.get(start..end).ok_or_else(|| {
                self.fault(format!("{task}: range {start}..{end} of {} tensors", all.len()))
            })?;
            found.extend(range);
        }
        Ok(found)
    }

    /// The tensor arguments of a run, by name.
    ///
    /// # Errors
    /// When `tensors.safetensors` is unreadable or lacks the run.
    pub fn inputs(&self, task: &str, run: &str) -> Result<Tensors, FixtureError> {
        self.recorded(&format!("{task}/{run}/inputs/"))
    }

    /// The fields of a run's ModelOutput, by name.
    ///
    /// # Errors
    /// When `tensors.safetensors` is unreadable or lacks the run.
    pub fn outputs(&self, task: &str, run: &str) -> Result<Tensors, FixtureError> {
        self.recorded(&format!("{task}/{run}/outputs/"))
    }

    fn recorded(&self, prefix: &str) -> Result<Tensors, FixtureError> {
        let path = self.dir.join("tensors.safetensors");
        let named = |(key, tensor): (String, _)| Some((key.strip_prefix(prefix)?.to_owned(), tensor));
        let found: Tensors = read_tensors(&path)?.into_iter().filter_map(named).collect();
        if found.is_empty() {
            return Err(FixtureError::Content { path, message: format!("no tensor {prefix}*") });
        }
        Ok(found)
    }

    fn bytes(&self, tensor: &Tensor) -> Result<(Dtype, Vec<u8>), FixtureError> {
        let len = tensor.shape.iter().product();
        match &tensor.content {
            Content::Generated { center, half_range } => {
                let seed = self.manifest.seed;
                let values = weights::generate(&tensor.name, seed, *center, *half_range, len);
                Ok((Dtype::F32, values.into_iter().flat_map(f32::to_le_bytes).collect()))
            }
            Content::Constant { dtype, values } => encode(dtype, values)
                .ok_or_else(|| self.fault(format!("{}: unexpected dtype {dtype:?}", tensor.name))),
        }
    }

    fn fault(&self, message: String) -> FixtureError {
        FixtureError::Content { path: self.dir.join("fixture.json"), message }
    }
}

impl FixtureError {
    fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    fn safetensors(path: &Path, source: safetensors::SafeTensorError) -> Self {
        Self::Safetensors { path: path.to_owned(), source }
    }
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, FixtureError> {
    let text = fs::read_to_string(path).map_err(|e| FixtureError::io(path, e))?;
    serde_json::from_str(&text).map_err(|source| FixtureError::Json { path: path.to_owned(), source })
}

/// Little-endian bytes of a constant, by NumPy's name of its element type.
fn encode(dtype: &str, values: &[f64]) -> Option<(Dtype, Vec<u8>)> {
    let values = values.iter();
    Some(match dtype {
        "float32" => (Dtype::F32, values.flat_map(|&v| (v as f32).to_le_bytes()).collect()),
        "int64" => (Dtype::I64, values.flat_map(|&v| (v as i64).to_le_bytes()).collect()),
        "int32" => (Dtype::I32, values.flat_map(|&v| (v as i32).to_le_bytes()).collect()),
        "uint8" => (Dtype::U8, values.map(|&v| v as u8).collect()),
        "bool" => (Dtype::BOOL, values.map(|&v| u8::from(v != 0.0)).collect()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use safetensors::SafeTensors;

    use super::*;

    fn bert() -> Fixture {
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures");
        Fixture::open(format!("{fixtures}/bert/default")).unwrap()
    }

    #[test]
    fn writes_the_checkpoint_of_a_task() {
        let fixture = bert();
        let dir = tempfile::tempdir().unwrap();
        fixture.write_checkpoint("question-answering", dir.path()).unwrap();

        let config: Map<String, Value> = read_json(&dir.path().join("config.json")).unwrap();
        assert_eq!(config["architectures"][0], "BertForQuestionAnswering");
        assert!(!config.contains_key("id2label"));

        let bytes = fs::read(dir.path().join("model.safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(file.tensor("qa_outputs.weight").unwrap().shape(), [2, 32]);
        assert_eq!(file.len(), fixture.tensors("question-answering").unwrap().len());
    }

    #[test]
    fn reads_the_tensors_of_a_run() {
        let fixture = bert();
        let inputs = fixture.inputs("fill-mask", "padded").unwrap();
        assert_eq!(inputs["input_ids"].shape(), [2, 7]);
        assert!(inputs["attention_mask"].as_i64().is_some());
        let outputs = fixture.outputs("fill-mask", "padded").unwrap();
        assert_eq!(outputs["logits"].shape(), [2, 7, 67]);
    }

    #[test]
    fn names_the_tasks_that_exist() {
        let error = bert().task("fill-task").unwrap_err().to_string();
        assert!(error.contains("no task \"fill-task\", only feature-extraction, fill-mask"));
    }
}
