//! The types of `fixture.json`; `tools/oracle/README.md` describes the format.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::forward::OUTPUT_STATES;
use crate::ir::Request;
use crate::model::Task as ModelTask;

/// All of `fixture.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct Manifest {
    /// The `model_type` of the config.
    pub model_type: String,
    /// Name of the config among those of the model type: `default`, `variant`, …
    pub case: String,
    /// Version of transformers that computed the outputs.
    pub transformers: String,
    /// Version of torch that computed the outputs.
    pub torch: String,
    /// Seed of the weight generator.
    pub seed: u64,
    /// The recorded tasks by their Hugging Face name.
    pub tasks: BTreeMap<String, Task>,
    /// Every distinct checkpoint tensor of the tasks, once.
    pub tensors: Vec<Tensor>,
    /// Further files of the checkpoint (tokenizer, processor), relative to the fixture's directory.
    #[serde(default)]
    pub files: Vec<String>,
}

/// One head of the model, with its own checkpoint.
#[derive(Debug, Clone, Deserialize)]
pub struct Task {
    /// The transformers class.
    pub class: String,
    /// What to change in `config.json`; null removes a field.
    pub config_overrides: Map<String, Value>,
    /// The checkpoint's tensors, as half-open ranges `[start, end)` of [`Manifest::tensors`].
    pub tensors: Vec<[usize; 2]>,
    /// The recorded calls of `forward`.
    #[serde(default)]
    pub runs: Vec<Run>,
    /// The recorded continuations.
    #[serde(default)]
    pub generate: Vec<Generate>,
}

/// One recorded call of `forward`.
#[derive(Debug, Clone, Deserialize)]
pub struct Run {
    /// Name, unique within the task.
    pub name: String,
    /// What the run is about.
    pub note: String,
    /// Names of the tensor arguments.
    pub inputs: Vec<String>,
    /// Names of the fields of the ModelOutput.
    pub outputs: Vec<String>,
    /// Boolean arguments, such as `interpolate_pos_encoding`.
    #[serde(default)]
    pub flags: BTreeMap<String, bool>,
    /// Outputs `[batch, sequence, …]` to compare only where `attention_mask` is 1.
    #[serde(default)]
    pub exclude_padding: Vec<String>,
}

impl Run {
    /// What a graph of `task` is wanted for to do this run.
    pub fn request(&self, task: &ModelTask) -> Request {
        let flags = self.flags.iter().filter(|(name, _)| *name != OUTPUT_STATES);
        let (set, unset): (Vec<_>, Vec<_>) = flags.partition(|(_, set)| **set);
        let names = |flags: Vec<(&String, &bool)>| flags.into_iter().map(|(name, _)| name.clone()).collect();
        let inputs = [self.inputs.clone(), names(set)].concat();
        let also = if self.flags.get(OUTPUT_STATES) == Some(&true) { task.states() } else { vec![] };
        Request { inputs, unset: names(unset), also, ..Request::default() }
    }
}

/// One recorded generation; without options a greedy one, without regard to end-of-sequence tokens.
#[derive(Debug, Clone, Deserialize)]
pub struct Generate {
    /// Prompts, `[batch, sequence]`, padded on the left; what an encoder read, padded on the right.
    #[serde(default)]
    pub input_ids: Vec<Vec<i64>>,
    /// The run whose inputs an encoder read, where they are no text: behind it, or in the prompts' place for images.
    pub run: Option<String>,
    /// Prompts of a decoder behind an encoder; none: it begins with its start token.
    pub decoder_input_ids: Option<Vec<Vec<i64>>>,
    /// 1 for real tokens, where there is padding.
    pub attention_mask: Option<Vec<Vec<i64>>>,
    /// Number of tokens that follow the prompt, at most.
    pub max_new_tokens: usize,
    /// Further parameters of generation, as `generation_config.json` has them.
    #[serde(default)]
    pub options: Map<String, Value>,
    /// Prompt and continuation, as many for each prompt as the options ask for.
    pub sequences: Vec<Vec<i64>>,
    /// With beams, the score of each sequence.
    pub scores: Option<Vec<f32>>,
}

/// A tensor as the checkpoint stores it.
#[derive(Debug, Clone, Deserialize)]
pub struct Tensor {
    /// Name in the checkpoint.
    pub name: String,
    /// Dimensions, outermost first.
    pub shape: Vec<usize>,
    /// Where its elements come from.
    #[serde(flatten)]
    pub content: Content,
}

/// Where a tensor's elements come from.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// f32 from [`weights::fill`](super::weights::fill).
    Generated {
        /// Middle of the range of values.
        center: f64,
        /// Half the width of the range of values.
        half_range: f64,
    },
    /// Listed in the fixture: buffers that mean something as they are.
    Constant {
        /// NumPy name of the element type.
        dtype: String,
        /// Elements in C order.
        values: Vec<f64>,
    },
}
