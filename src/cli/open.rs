//! Arguments that say which checkpoint runs on which engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use skillset_runtime::checkpoint::Checkpoint;
use skillset_runtime::checkpoint::hub::{Downloads, HubOptions, Source, Weights};
use skillset_runtime::engine::{Device, Engine, EngineKind, EngineOptions};
use skillset_runtime::load::Model;

use super::Error;
use crate::registry;

/// Which checkpoint.
#[derive(Debug, Args)]
pub(super) struct ModelArgs {
    /// Checkpoint directory, or an id on the Hugging Face hub such as org/name
    #[arg(long, value_name = "DIR|ID")]
    model: String,
    /// Branch, tag or commit of a hub id
    #[arg(long, value_name = "REV")]
    revision: Option<String>,
    /// Never ask the hub; use its cache only
    #[arg(long)]
    offline: bool,
}

/// Which engine.
#[derive(Debug, Args)]
pub(super) struct EngineArgs {
    /// What executes the model: candle, or onnx; candle by default, and onnx for an exported graph
    #[arg(long, value_name = "ENGINE")]
    engine: Option<EngineKind>,
    /// What it runs on: cpu, cuda, cuda:1, metal, openvino, …
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: Device,
    /// The ONNX Runtime library, instead of the one that is found
    #[arg(long, value_name = "FILE")]
    onnxruntime: Option<PathBuf>,
    /// Threads to use; all cores by default
    #[arg(long)]
    threads: Option<std::num::NonZeroUsize>,
}

impl ModelArgs {
    /// Opens the checkpoint, fetching it with a progress bar if it is on the hub.
    pub(super) fn checkpoint(&self) -> Result<Checkpoint, Error> {
        Ok(Checkpoint::open(self.fetch(Weights::Safetensors)?)?)
    }

    /// The checkpoint's directory.
    fn fetch(&self, weights: Weights<'_>) -> Result<PathBuf, Error> {
        let source = match &self.revision {
            Some(revision) => Source::parse(&format!("{}@{revision}", self.model))?,
            None => Source::parse(&self.model)?,
        };
        let mut options = HubOptions::from_env()?;
        options.offline |= self.offline;
        Ok(source.fetch(weights, &options, &mut Bar::default())?)
    }

    /// Opens the checkpoint on an engine.
    pub(super) fn open(&self, engine: &EngineArgs) -> Result<Model, Error> {
        let checkpoint = self.checkpoint()?;
        let model_type = registry::architecture(&checkpoint.model_type()?)?;
        Ok(Model::new(model_type, Arc::new(checkpoint), engine.open(EngineKind::Candle)?))
    }

    /// Opens a graph that others exported: a file, or one of the checkpoint's.
    pub(super) fn open_exported(&self, file: &Path, engine: &EngineArgs) -> Result<Model, Error> {
        let here = file.is_file();
        let name = file.to_string_lossy();
        let dir = self.fetch(if here { Weights::None } else { Weights::Graph(&name) })?;
        let file = if here { std::path::absolute(file)? } else { file.to_owned() };
        let checkpoint = Arc::new(Checkpoint::open_without_weights(dir)?);
        Ok(Model::exported(file, checkpoint, engine.open(EngineKind::Onnx)?))
    }
}

impl EngineArgs {
    fn open(&self, default: EngineKind) -> Result<Arc<dyn Engine>, Error> {
        let options = EngineOptions {
            kind: self.engine.unwrap_or(default),
            device: self.device,
            library: self.onnxruntime.clone(),
            threads: self.threads,
        };
        Ok(options.open()?)
    }
}

/// A bar for each file that is fetched.
#[derive(Default)]
struct Bar(Option<ProgressBar>);

impl Downloads for Bar {
    fn begin(&mut self, file: &str, bytes: u64) {
        let style =
            ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
        self.0 = Some(ProgressBar::new(bytes).with_style(style).with_message(file.to_owned()));
    }

    fn advance(&mut self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(bytes);
        }
    }

    fn finish(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish();
        }
    }
}
