//! Raw tensors in, raw tensors out, by the names and habits of transformers' `forward`.

use crate::engine::{EngineError, Tensors, conform_inputs};
use crate::ir::{DType, Request};
use crate::load::{LoadError, Model};
use crate::model::{InputKind, ModelType, Task};
use crate::tensor::{Tensor, TensorData};

/// What specs call a mask of four axes.
const SCORE_BIAS: &str = "score_bias";

impl Model {
    /// Runs `task` on the arguments of its class's `forward`, and returns the fields of its ModelOutput.
    ///
    /// Arguments may have any element type that holds their values, a switch is one truth value, an
    /// `attention_mask` of four axes is added to the scores, and one row of positions or segments stands for all.
    ///
    /// # Errors
    /// If the model cannot be loaded for these arguments, or one of them is not what it takes.
    pub fn forward(&self, task: &Task, mut inputs: Tensors) -> Result<Tensors, LoadError> {
        let model_type = self.model_type()?;
        name_score_bias(model_type, &mut inputs);
        let mut request = take_flags(model_type, task, &mut inputs)?;
        request.inputs.extend(inputs.keys().cloned());
        let program = self.program(task.name, &request)?;
        Ok(program.run(&conform_inputs(program.signature(), inputs))?)
    }
}

/// transformers adds an `attention_mask` of four axes to the scores as it is; specs have a name of its own for it.
fn name_score_bias(model_type: &ModelType, inputs: &mut Tensors) {
    let takes_bias = model_type.inputs.iter().any(|input| input.name == SCORE_BIAS);
    let is_bias = inputs.get("attention_mask").is_some_and(|mask| mask.shape().len() == 4);
    if takes_bias
        && is_bias
        && let Some(mask) = inputs.remove("attention_mask")
    {
        inputs.insert(SCORE_BIAS.to_owned(), mask);
    }
}

/// Takes the switches out of `inputs` and returns a request for them.
fn take_flags(model_type: &ModelType, task: &Task, inputs: &mut Tensors) -> Result<Request, EngineError> {
    let mut request = Request::default();
    for flag in model_type.inputs.iter().filter(|input| input.kind == InputKind::Flag) {
        let Some(tensor) = inputs.remove(flag.name) else { continue };
        match tensor.convert(DType::Bool).map(Tensor::into_data) {
            Some(TensorData::Bool(values)) if values.len() == 1 => {
                let named = if values[0] { &mut request.inputs } else { &mut request.unset };
                named.push(flag.name.to_owned());
            }
            _ => {
                return Err(EngineError::Input {
                    graph: format!("{} {}", model_type.model_type, task.name),
                    input: flag.name.to_owned(),
                    problem: format!(
                        "expected one truth value, found {}{:?}",
                        tensor.dtype(),
                        tensor.shape()
                    ),
                });
            }
        }
    }
    Ok(request)
}
