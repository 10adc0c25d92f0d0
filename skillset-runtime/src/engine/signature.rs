//! What a program takes and gives.

use crate::ir::{Graph, Input};

/// The outside of a program, whether its graph was built here or exported by others.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// What the program is, for messages: `bert fill-mask`, or the file of an exported graph.
    pub name: String,
    /// What every run must be given.
    pub inputs: Vec<Input>,
    /// The names of the results.
    pub outputs: Vec<String>,
    /// Whether a session keeps state from step to step.
    pub has_state: bool,
}

impl Signature {
    /// Whether there is an input of this name.
    pub fn takes(&self, input: &str) -> bool {
        self.inputs.iter().any(|known| known.name == input)
    }

    /// Whether there is an output of this name.
    pub fn gives(&self, output: &str) -> bool {
        self.outputs.iter().any(|known| known == output)
    }

    /// The inputs as a message lists them: `input_ids: i64[batch, sequence], …`.
    pub fn list_inputs(&self) -> String {
        let inputs = self.inputs.iter().map(|input| format!("{}: {}", input.name, input.fact));
        inputs.collect::<Vec<_>>().join(", ")
    }
}

impl From<&Graph> for Signature {
    fn from(graph: &Graph) -> Self {
        Self {
            name: graph.name.clone(),
            inputs: graph.inputs.clone(),
            outputs: graph.outputs.iter().map(|output| output.name.clone()).collect(),
            has_state: !graph.states.is_empty(),
        }
    }
}
