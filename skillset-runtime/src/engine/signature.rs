//! What a program takes and gives.

use super::lookup::table;
use crate::ir::{CheckedGraph, Input};

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
    /// The inputs that name rows of tables, as far as that is known.
    pub lookups: Vec<Lookup>,
}

/// An input whose values are rows of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The input's name.
    pub input: String,
    /// How many rows the table has.
    pub rows: usize,
    /// The table, for messages.
    pub table: String,
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

impl From<&CheckedGraph> for Signature {
    fn from(graph: &CheckedGraph) -> Self {
        let lookup = |lookup: &crate::ir::Lookup| Lookup {
            input: graph.inputs[lookup.input].name.clone(),
            rows: lookup.rows,
            table: table(graph, lookup.table),
        };
        Self {
            name: graph.name.clone(),
            inputs: graph.inputs.clone(),
            outputs: graph.outputs.iter().map(|output| output.name.clone()).collect(),
            has_state: !graph.states.is_empty(),
            lookups: graph.lookups().iter().map(lookup).collect(),
        }
    }
}
