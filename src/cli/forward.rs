//! `skillset forward`: raw tensors in, raw tensors out.

use std::path::PathBuf;

use clap::Args;
use skillset_runtime::tensor::file::{read_tensors, write_tensors};

use super::Error;
use super::open::{EngineArgs, ModelArgs};

/// Run the model on tensors from a safetensors file and write its outputs.
///
/// Inputs are named as the arguments of the transformers class's `forward`, outputs as the fields of its
/// ModelOutput.
#[derive(Debug, Args)]
pub(super) struct Forward {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    engine: EngineArgs,
    /// Head to run: `base` or a task; the head that the checkpoint was saved with by default
    #[arg(long)]
    task: Option<String>,
    /// Input tensors
    #[arg(long, value_name = "FILE")]
    inputs: PathBuf,
    /// Where to write the output tensors
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

impl Forward {
    pub(super) fn run(self) -> Result<(), Error> {
        let inputs = read_tensors(&self.inputs)?;
        let model = self.model.open(&self.engine)?;
        let task = model.task_or_own(self.task.as_deref())?;
        let outputs = model.forward(task, inputs)?;
        write_tensors(&self.output, &outputs)?;
        Ok(())
    }
}
