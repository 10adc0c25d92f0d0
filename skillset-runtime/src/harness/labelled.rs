//! A fixture's checkpoint with other classes.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::fixture::{Fixture, FixtureError};
use crate::checkpoint::{ConfigError, Reader};
use crate::ir::{Param, Request};
use crate::model::{ModelError, ModelType};

/// Why a checkpoint with other classes cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LabelledError {
    /// The fixture is unusable.
    #[error(transparent)]
    Fixture(#[from] FixtureError),
    /// The fixture's config is unusable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The graph for that many classes cannot be built.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl Fixture {
    /// As [`write_checkpoint`](Self::write_checkpoint), but the config's classes are `labels`.
    ///
    /// Parameters whose shape depends on the number of classes get the shape that the model type gives them; their
    /// values come from the same generator.
    ///
    /// # Errors
    /// When the task was not recorded, a file cannot be written, or the model type refuses the config.
    pub fn write_labelled_checkpoint(
        &self,
        model_type: &ModelType,
        task: &str,
        labels: &[&str],
        to: &Path,
    ) -> Result<(), LabelledError> {
        let mut config = self.config(task)?;
        let by_id: Map<String, Value> =
            labels.iter().enumerate().map(|(id, label)| (id.to_string(), json!(label))).collect();
        let ids: Map<String, Value> =
            labels.iter().enumerate().map(|(id, label)| ((*label).to_owned(), json!(id))).collect();
        config.insert("id2label".to_owned(), Value::Object(by_id));
        config.insert("label2id".to_owned(), Value::Object(ids));

        let value = Value::Object(config.clone());
        let path = to.join("config.json").display().to_string();
        let graph = model_type.graph(&Reader::new(&value, &path)?, task, &Request::default())?;
        let shapes: HashMap<String, &[usize]> = graph.params.iter().flat_map(Param::tensors).collect();
        let reshaped = self.tensors(task)?.into_iter().map(|tensor| {
            let mut tensor = tensor.clone();
            if let Some(shape) = shapes.get(&tensor.name) {
                tensor.shape = shape.to_vec();
            }
            tensor
        });
        Ok(self.write(config, &reshaped.collect::<Vec<_>>(), to)?)
    }
}
