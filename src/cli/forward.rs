//! `skillset forward`: raw tensors in, raw tensors out.

use std::path::PathBuf;

use clap::Args;
use skillset_runtime::engine::{Tensors, conform_inputs};
use skillset_runtime::ir::{DType, Request};
use skillset_runtime::model::{InputKind, ModelType};
use skillset_runtime::tensor::file::{read_tensors, write_tensors};
use skillset_runtime::tensor::{Tensor, TensorData};

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
        let mut inputs = read_tensors(&self.inputs)?;
        let model = self.model.open(&self.engine)?;
        let task = model.task_or_own(self.task.as_deref())?;
        name_score_bias(model.model_type(), &mut inputs);
        let flags = take_flags(model.model_type(), &mut inputs)?;
        let named = inputs.keys().cloned().chain(flags).collect();
        let program = model.program(task.name, &Request { inputs: named, ..Request::default() })?;
        let outputs = program.run(&conform_inputs(program.graph(), inputs))?;
        write_tensors(&self.output, &outputs)?;
        Ok(())
    }
}

/// Takes the switches of `forward` out of `inputs` and returns the names of those that are set.
fn take_flags(model_type: &ModelType, inputs: &mut Tensors) -> Result<Vec<String>, Error> {
    let mut set = vec![];
    for flag in model_type.inputs.iter().filter(|input| input.kind == InputKind::Flag) {
        let Some(tensor) = inputs.remove(flag.name) else { continue };
        match tensor.convert(DType::Bool).map(Tensor::into_data) {
            Some(TensorData::Bool(values)) if values.len() == 1 => {
                set.extend(values[0].then(|| flag.name.to_owned()));
            }
            _ => return Err(format!("input {:?}: expected one truth value", flag.name).into()),
        }
    }
    Ok(set)
}

/// Gives an `attention_mask` of four axes the name that specs have for it: transformers adds such a mask to the
/// scores as it is.
fn name_score_bias(model_type: &ModelType, inputs: &mut Tensors) {
    let takes_bias = model_type.inputs.iter().any(|input| input.name == "score_bias");
    let is_bias = inputs.get("attention_mask").is_some_and(|mask| mask.shape().len() == 4);
    if takes_bias && is_bias && let Some(mask) = inputs.remove("attention_mask") {
        inputs.insert("score_bias".to_owned(), mask);
    }
}
