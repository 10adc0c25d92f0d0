//! Opening a checkpoint directory.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{CheckpointError, ConfigError, Labels, MappedTensors, Reader, read_json, read_json_if_present};

/// A checkpoint: its parsed `config.json`, `generation_config.json` where it has one, and its mapped weights.
#[derive(Debug)]
pub struct Checkpoint {
    dir: PathBuf,
    config: Value,
    generation_config: Option<Value>,
    weights: MappedTensors,
}

impl Checkpoint {
    /// Opens a local directory. Weights are mapped and their headers checked; no tensor is read yet.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, CheckpointError> {
        Self::read(dir.into(), MappedTensors::open)
    }

    /// Opens a local directory whose weights are not needed, since a graph that was exported has its own.
    pub fn open_without_weights(dir: impl Into<PathBuf>) -> Result<Self, CheckpointError> {
        Self::read(dir.into(), |_| MappedTensors::from_files(&[]))
    }

    fn read(
        dir: PathBuf,
        weights: impl FnOnce(&Path) -> Result<MappedTensors, CheckpointError>,
    ) -> Result<Self, CheckpointError> {
        if !dir.is_dir() {
            let remedy = "expected a checkpoint directory or a model id such as \"org/name\"".to_owned();
            return Err(CheckpointError::Missing { path: dir, remedy });
        }
        let remedy = "every checkpoint has one; is this the directory that `save_pretrained` wrote?";
        let config = read_json(&dir.join("config.json"), remedy)?;
        let generation_config = read_json_if_present(&dir.join("generation_config.json"))?;
        let weights = weights(&dir)?;
        Ok(Self { dir, config, generation_config, weights })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The content of `config.json`.
    pub fn config(&self) -> &Value {
        &self.config
    }

    /// A typed reader of `config.json`; its errors name the file with its directory.
    pub fn config_reader(&self) -> Result<Reader<'_>, ConfigError> {
        Reader::new(&self.config, &self.dir.join("config.json").display().to_string())
    }

    /// A reader of the config of the model that writes text: one that `config.json` nests, or all of it (transformers'
    /// `get_text_config(decoder=True)`).
    pub fn text_config_reader(&self) -> Result<Reader<'_>, ConfigError> {
        let whole = self.config_reader()?;
        for name in ["decoder", "generator", "text_config"] {
            if let Some(nested) = self.config.get(name).filter(|value| value.is_object()) {
                return Reader::new(nested, &format!("{}: /{name}", whole.file()));
            }
        }
        Ok(whole)
    }

    /// The content of `generation_config.json`.
    pub fn generation_config(&self) -> Option<&Value> {
        self.generation_config.as_ref()
    }

    /// The `model_type` of the config.
    pub fn model_type(&self) -> Result<String, ConfigError> {
        self.config_reader()?.string("model_type", None)
    }

    /// The transformers classes that wrote the checkpoint, such as `BertForMaskedLM`; empty if unknown.
    pub fn architectures(&self) -> Result<Vec<String>, ConfigError> {
        Ok(self.config_reader()?.opt_list_string("architectures")?.unwrap_or_default())
    }

    /// The class labels of the config.
    pub fn labels(&self) -> Result<Labels, ConfigError> {
        Labels::from_config(&self.config_reader()?)
    }

    /// The tensors.
    pub fn weights(&self) -> &MappedTensors {
        &self.weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::testing::{TestTensor, write_safetensors};

    #[test]
    fn opens_a_directory() {
        let dir = tempfile::tempdir().unwrap();
        let config =
            r#"{"model_type": "bert", "architectures": ["BertModel"], "id2label": {"0": "a", "1": "b"}}"#;
        std::fs::write(dir.path().join("config.json"), config).unwrap();
        write_safetensors(&dir.path().join("model.safetensors"), &[TestTensor::f32("w", &[1], &[0.])]);
        let checkpoint = Checkpoint::open(dir.path()).unwrap();
        assert_eq!(checkpoint.model_type().unwrap(), "bert");
        assert_eq!(checkpoint.architectures().unwrap(), ["BertModel"]);
        assert_eq!(checkpoint.labels().unwrap().get(1), Some("b"));
        assert!(checkpoint.generation_config().is_none());
    }

    #[test]
    fn missing_parts() {
        let error = Checkpoint::open("no/such/dir").unwrap_err().to_string();
        assert_eq!(
            error,
            "no/such/dir: not found; expected a checkpoint directory or a model id such as \"org/name\""
        );
        let dir = tempfile::tempdir().unwrap();
        let error = Checkpoint::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("config.json: not found; every checkpoint has one"), "{error}");
    }
}
