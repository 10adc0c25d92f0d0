//! Validation: the only way from a [`Graph`] to a [`CheckedGraph`].

use std::collections::BTreeSet;
use std::ops::Deref;

use super::infer::{InferError, infer};
use super::{Fact, Graph, Node, Op, Value};

/// A graph whose every node is well-formed and typed; what engines accept.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedGraph {
    graph: Graph,
    facts: Vec<Fact>,
    lookups: Vec<Lookup>,
}

/// An input whose values are rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The position of the input in [`Graph::inputs`].
    pub input: usize,
    /// The table.
    pub table: Value,
    /// How many rows the table has.
    pub rows: usize,
}

impl CheckedGraph {
    /// The inputs that are looked up in tables of fixed size.
    pub fn lookups(&self) -> &[Lookup] {
        &self.lookups
    }

    /// The type of `value`.
    pub fn fact(&self, value: Value) -> &Fact {
        &self.facts[value.index()]
    }

    /// Gives the graph back, for a pass to change; it must be checked again.
    pub fn into_graph(self) -> Graph {
        self.graph
    }
}

impl Deref for CheckedGraph {
    type Target = Graph;

    fn deref(&self) -> &Graph {
        &self.graph
    }
}

/// Why a graph is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{graph}: {fault}")]
pub struct CheckError {
    /// The graph.
    pub graph: String,
    /// What is wrong with it.
    pub fault: Box<Fault>,
}

/// One fault of a graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A node cannot be applied to its inputs.
    #[error("node {node} ({op}) at {path:?}: {source}")]
    Node {
        /// The position of the node.
        node: usize,
        /// Its operation.
        op: String,
        /// Its checkpoint path.
        path: String,
        /// What is wrong.
        source: InferError,
    },
    /// A node or result refers to a value that is not there (yet).
    #[error("{of} refers to value {value}, which is not defined before it")]
    Undefined {
        /// What refers to it.
        of: String,
        /// The missing value.
        value: usize,
    },
    /// Two inputs, parameters, states or outputs share a name.
    #[error("the name {0:?} is used twice")]
    Duplicate(String),
    /// A state's next value is missing or of a type that the state cannot take.
    #[error("state {state:?}: {problem}")]
    State {
        /// The state's name.
        state: String,
        /// What is wrong.
        problem: String,
    },
    /// A graph without results computes nothing.
    #[error("there is no output")]
    NoOutput,
}

impl Graph {
    /// Infers every type and checks every reference and name.
    ///
    /// # Errors
    /// The first fault found, with the checkpoint path of the node.
    pub fn check(self) -> Result<CheckedGraph, CheckError> {
        let mut facts: Vec<Fact> = Vec::with_capacity(self.nodes.len());
        for (index, node) in self.nodes.iter().enumerate() {
            let inputs: Option<Vec<&Fact>> =
                node.inputs.iter().map(|value| facts.get(value.index())).collect();
            let Some(inputs) = inputs else {
                let value = node.inputs.iter().map(|value| value.index()).find(|&value| value >= index);
                let of = format!("node {index}");
                return Err(self.fault(Fault::Undefined { of, value: value.unwrap_or(index) }));
            };
            let fact = infer(&self, &node.op, &inputs).map_err(|source| {
                let (op, path) = (super::text::op_name(&node.op), node.path.to_string());
                self.fault(Fault::Node { node: index, op, path, source })
            })?;
            facts.push(fact);
        }
        self.check_results(&facts)?;
        self.check_names()?;
        let lookups = self.find_lookups(&facts);
        Ok(CheckedGraph { graph: self, facts, lookups })
    }

    fn find_lookups(&self, facts: &[Fact]) -> Vec<Lookup> {
        let lookup = |node: &Node| match (&node.op, &node.inputs[..]) {
            (Op::Gather { axis }, &[table, indices]) => {
                let Op::Input(input) = self.node(indices).op else { return None };
                let rows = facts[table.index()].shape.get(*axis)?.as_size()?;
                Some(Lookup { input, table, rows })
            }
            _ => None,
        };
        self.nodes.iter().filter_map(lookup).collect()
    }

    fn check_results(&self, facts: &[Fact]) -> Result<(), CheckError> {
        if self.outputs.is_empty() {
            return Err(self.fault(Fault::NoOutput));
        }
        for output in &self.outputs {
            if output.value.index() >= facts.len() {
                let of = format!("output {:?}", output.name);
                return Err(self.fault(Fault::Undefined { of, value: output.value.index() }));
            }
        }
        for state in &self.states {
            let problem = match state.next.map(|next| facts.get(next.index())) {
                None => Some("it is never given its next value".to_owned()),
                Some(None) => Some("its next value is not defined".to_owned()),
                Some(Some(next)) if !state.fact.can_become(next) => {
                    Some(format!("expected {}, found {next}", state.fact))
                }
                Some(Some(_)) => None,
            };
            if let Some(problem) = problem {
                return Err(self.fault(Fault::State { state: state.name.clone(), problem }));
            }
        }
        Ok(())
    }

    fn check_names(&self) -> Result<(), CheckError> {
        let inputs = self.inputs.iter().map(|input| &input.name).chain(self.states.iter().map(|s| &s.name));
        let outputs =
            self.outputs.iter().map(|output| &output.name).chain(self.states.iter().map(|s| &s.next_name));
        let params = self.params.iter().map(|param| &param.name);
        self.check_unique(inputs)
            .and_then(|()| self.check_unique(outputs))
            .and_then(|()| self.check_unique(params))
    }

    fn check_unique<'a>(&self, names: impl Iterator<Item = &'a String>) -> Result<(), CheckError> {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name) {
                return Err(self.fault(Fault::Duplicate(name.clone())));
            }
        }
        Ok(())
    }

    fn fault(&self, fault: Fault) -> CheckError {
        CheckError { graph: self.name.clone(), fault: Box::new(fault) }
    }
}
