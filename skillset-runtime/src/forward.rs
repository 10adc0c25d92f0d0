//! Raw tensors in, raw tensors out, by the names and habits of transformers' `forward`.

use crate::engine::{EngineError, Tensors, conform_inputs};
use crate::ir::{DType, Request};
use crate::load::{LoadError, Model};
use crate::model::{InputKind, ModelType, Task};
use crate::tensor::{Tensor, TensorData};

/// The argument of `forward` that asks for the states of all layers.
pub(crate) const OUTPUT_STATES: &str = "output_hidden_states";
/// What specs call a mask of four axes.
const SCORE_BIAS: &str = "score_bias";

impl Model {
    /// Runs `task` on the arguments of its class's `forward`, and returns the fields of its ModelOutput.
    ///
    /// Arguments may have any element type that holds their values, a switch is one truth value, an
    /// `attention_mask` of four axes is added to the scores, and one row of positions or segments stands for all.
    /// Of an output that is a tuple each tensor is a field (`feature_maps.0`); `output_hidden_states` asks for
    /// `hidden_states.0` and the others, where the task has them.
    ///
    /// # Errors
    /// If the model cannot be loaded for these arguments, or one of them is not what it takes.
    pub fn forward(&self, task: &Task, mut inputs: Tensors) -> Result<Tensors, LoadError> {
        let model_type = self.model_type()?;
        name_score_bias(model_type, &mut inputs);
        let flags = take_flags(model_type, task, &mut inputs)?;
        let also = take_states(model_type, task, &mut inputs)?;
        let named = inputs.keys().cloned().chain(flags).collect();
        let program = self.program(task.name, &Request { inputs: named, also, ..Request::default() })?;
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

/// Takes the switches out of `inputs` and returns the names of those that are set.
fn take_flags(model_type: &ModelType, task: &Task, inputs: &mut Tensors) -> Result<Vec<String>, EngineError> {
    let mut set = vec![];
    for flag in model_type.inputs.iter().filter(|input| input.kind == InputKind::Flag) {
        if take_flag(flag.name, model_type, task, inputs)? {
            set.push(flag.name.to_owned());
        }
    }
    Ok(set)
}

/// The outputs on request that `output_hidden_states` asks for; it stays an input of tasks that have none.
fn take_states(
    model_type: &ModelType,
    task: &Task,
    inputs: &mut Tensors,
) -> Result<Vec<String>, EngineError> {
    let states = task.states();
    let is_wanted = !states.is_empty() && take_flag(OUTPUT_STATES, model_type, task, inputs)?;
    Ok(if is_wanted { states } else { vec![] })
}

/// Takes one switch; one that is not given is off.
fn take_flag(
    name: &str,
    model_type: &ModelType,
    task: &Task,
    inputs: &mut Tensors,
) -> Result<bool, EngineError> {
    let Some(tensor) = inputs.remove(name) else { return Ok(false) };
    match tensor.convert(DType::Bool).map(Tensor::into_data) {
        Some(TensorData::Bool(values)) if values.len() == 1 => Ok(values[0]),
        _ => Err(EngineError::Input {
            graph: format!("{} {}", model_type.model_type, task.name),
            input: name.to_owned(),
            problem: format!("expected one truth value, found {}{:?}", tensor.dtype(), tensor.shape()),
        }),
    }
}
