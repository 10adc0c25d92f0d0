//! `skillset export`: a checkpoint as ONNX.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use skillset_runtime::engine::onnx::{Storage, WriteOptions, write_model};
use skillset_runtime::load::{StoredWeights, choose_task, export_request};

use super::open::ModelArgs;
use super::{Error, print};
use crate::registry;

/// Write model.onnx for a checkpoint.
#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    model: ModelArgs,
    /// Head to export: `base` or a task; the head that the checkpoint was saved with by default
    #[arg(long)]
    task: Option<String>,
    /// Folder to write
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// Refer to the checkpoint's own safetensors by hard links, copying no weights (default)
    #[arg(long, conflicts_with = "copy")]
    link: bool,
    /// Write a self-contained folder with a copy of the weights
    #[arg(long)]
    copy: bool,
}

impl Export {
    pub(super) fn run(self) -> Result<(), Error> {
        let checkpoint = Arc::new(self.model.checkpoint()?);
        let model_type = registry::architecture(&checkpoint.model_type()?)?;
        let task = choose_task(model_type, &checkpoint, self.task.as_deref())?;
        let request = export_request(model_type, task);
        let graph = model_type.graph(&checkpoint.config_reader()?, task.name, &request)?;
        let weights = StoredWeights::find(&graph, model_type, Arc::clone(&checkpoint))?;
        let metadata = [("model_type", model_type.model_type), ("task", task.name)];
        let metadata: BTreeMap<_, _> = metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let model = write_model(&graph, &weights, &WriteOptions { metadata, ..WriteOptions::default() })?;

        let storage = if self.copy { Storage::Copy } else { Storage::Link };
        fs::create_dir_all(&self.output).map_err(|error| format!("{}: {error}", self.output.display()))?;
        let path = self.output.join("model.onnx");
        model.save(&path, storage)?;
        print::line(&path.display().to_string())
    }
}
