//! What executes a graph.
//!
//! An [`Engine`] turns a [`CheckedGraph`] and the checkpoint's weights into a [`Program`], once. A program
//! is shared by threads; a graph with state runs in a [`Session`], which keeps the state between steps.

pub mod candle;
mod conform;
mod device;
mod lookup;
pub mod onnx;
mod positions;
pub mod probe;
mod select;
mod signature;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

pub use conform::conform_inputs;
pub use device::{Device, UnknownDevice};
pub use select::{EngineKind, EngineOptions, UnknownEngine};
pub use signature::{Lookup, Signature};

use crate::ir::{Bindings, CheckedGraph, DType, Fact, Input, pass};
use crate::tensor::Tensor;
use crate::weights::Weights;

/// Named tensors.
pub type Tensors = BTreeMap<String, Tensor>;

/// Something that can execute graphs: the candle engine on one device, ONNX Runtime with one provider.
pub trait Engine: Send + Sync {
    /// The name in messages, such as `candle (cpu)`.
    fn name(&self) -> String;

    /// Prepares `graph` with its parameters.
    ///
    /// # Errors
    /// If the engine cannot run an operation, or its library refuses the graph.
    fn load(&self, graph: CheckedGraph, weights: &dyn Weights) -> Result<Box<dyn Program>, EngineError>;

    /// Prepares a graph that was exported to an ONNX file, parameters and all. Of its results only `outputs` are
    /// computed, or all if that is empty.
    ///
    /// # Errors
    /// If the engine runs no ONNX files, which only ONNX Runtime does, or not this one, or it has no such output.
    fn load_exported(&self, file: &Path, outputs: &[String]) -> Result<Box<dyn Program>, EngineError> {
        let _ = outputs;
        Err(no_exported(self.name(), file))
    }

    /// Prepares a decoder that was exported to ONNX files: that which `file` is, or is one of the graphs of. Its steps
    /// take `input_ids` and what else the graphs do, give `logits`, and keep the caches.
    ///
    /// # Errors
    /// As [`load_exported`](Self::load_exported); also if a graph that belongs to it is missing.
    fn load_exported_decoder(&self, file: &Path) -> Result<Box<dyn Program>, EngineError> {
        Err(no_exported(self.name(), file))
    }

    /// Prepares the encoder before such a decoder: `encoder_model*.onnx` beside `file`, or `file` itself.
    ///
    /// # Errors
    /// As [`load_exported`](Self::load_exported); also if it is missing.
    fn load_exported_encoder(&self, file: &Path) -> Result<Box<dyn Program>, EngineError> {
        Err(no_exported(self.name(), file))
    }
}

/// That `engine` runs no ONNX files.
fn no_exported(engine: String, file: &Path) -> EngineError {
    let remedy =
        "an exported graph needs ONNX Runtime; choose the engine onnx, or a backend such as onnx_cpu";
    EngineError::Unsupported { engine, graph: file.display().to_string(), reason: remedy.to_owned() }
}

/// A graph made ready for one engine.
pub trait Program: Send + Sync {
    /// What the graph takes and gives.
    fn signature(&self) -> &Signature;

    /// Runs a graph from fresh state and returns its outputs; new state is dropped.
    ///
    /// # Errors
    /// If inputs are missing, unknown or mis-shaped, or execution fails.
    fn run(&self, inputs: &Tensors) -> Result<Tensors, EngineError>;

    /// Starts a session for `batch` rows whose caches will hold at most `capacity` positions.
    ///
    /// # Errors
    /// If the state cannot be allocated.
    fn session(&self, batch: usize, capacity: usize) -> Result<Box<dyn Session + '_>, EngineError>;
}

/// Runs of one graph that hand their state on.
pub trait Session: Send {
    /// Runs the graph on `inputs` and the state of the step before. [Held](crate::ir::Input::held) inputs count in
    /// the first step only, and later ones need not be given them.
    ///
    /// # Errors
    /// As [`Program::run`]; also if more positions come than the session's capacity.
    fn step(&mut self, inputs: &Tensors) -> Result<Tensors, EngineError>;

    /// Reorders the rows of the state: row `i` becomes what row `rows[i]` was (beam search, finished rows).
    ///
    /// # Errors
    /// If a row does not exist.
    fn reorder(&mut self, rows: &[usize]) -> Result<(), EngineError>;

    /// Positions that the caches hold.
    fn past(&self) -> usize;
}

/// Why a graph could not be prepared or run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The engine or its library is not here or unusable.
    #[error("{engine} is not available: {reason}")]
    Unavailable {
        /// The engine.
        engine: String,
        /// Why, and what helps.
        reason: String,
    },
    /// The engine cannot run this graph.
    #[error("{engine} cannot run {graph}: {reason}")]
    Unsupported {
        /// The engine.
        engine: String,
        /// The graph.
        graph: String,
        /// What it lacks.
        reason: String,
    },
    /// An input is not what the graph takes.
    #[error("{graph}: input {input:?}: {problem}")]
    Input {
        /// The graph.
        graph: String,
        /// The input.
        input: String,
        /// Expected and found.
        problem: String,
    },
    /// Execution failed.
    #[error("{engine}: {graph} failed: {reason}")]
    Failed {
        /// The engine.
        engine: String,
        /// The graph.
        graph: String,
        /// What the engine said.
        reason: String,
    },
}

/// Checks `inputs` against what a program takes and binds its symbols to their sizes.
///
/// `past` is bound to the number of positions that the state holds.
///
/// # Errors
/// Names the first input that is missing, unknown, of another type or shape (expected and found), or that names
/// rows which a table does not have.
pub fn bind_inputs(signature: &Signature, inputs: &Tensors, past: usize) -> Result<Bindings, EngineError> {
    let mut bindings = Bindings::default();
    // A fresh map has no earlier value to clash with.
    let _ = bindings.bind("past", past);
    bind(signature, inputs, bindings, |_| true)
}

/// As [`bind_inputs`] for a step of a session, whose first one, if it has been, bound `first`: held inputs are as they
/// were then, given or not.
///
/// # Errors
/// As [`bind_inputs`].
fn bind_step(
    signature: &Signature,
    inputs: &Tensors,
    past: usize,
    first: Option<&Bindings>,
) -> Result<Bindings, EngineError> {
    let Some(first) = first else { return bind_inputs(signature, inputs, past) };
    let mut bindings = Bindings::default();
    let _ = bindings.bind("past", past);
    for dim in signature.inputs.iter().filter(|input| input.held).flat_map(|input| &input.fact.shape) {
        // Rows come and go; the inputs of the step say how many there are now.
        let symbol = dim.as_symbol().filter(|symbol| *symbol != pass::ROWS);
        if let Some((symbol, size)) = symbol.and_then(|symbol| Some((symbol, first.get(symbol)?))) {
            let _ = bindings.bind(symbol, size);
        }
    }
    bind(signature, inputs, bindings, |input| !input.held)
}

/// Checks the inputs that `counts` picks and binds their symbols beside those of `bindings`.
fn bind(
    signature: &Signature,
    inputs: &Tensors,
    mut bindings: Bindings,
    counts: impl Fn(&Input) -> bool,
) -> Result<Bindings, EngineError> {
    let error = |input: &str, problem: String| EngineError::Input {
        graph: signature.name.clone(),
        input: input.to_owned(),
        problem,
    };
    if let Some(unknown) = inputs.keys().find(|name| !signature.takes(name)) {
        let known: Vec<&str> = signature.inputs.iter().map(|input| input.name.as_str()).collect();
        return Err(error(unknown, format!("the graph has no such input; it takes {}", known.join(", "))));
    }
    for input in signature.inputs.iter().filter(|input| counts(input)) {
        let tensor = inputs.get(&input.name).ok_or_else(|| error(&input.name, "it is missing".into()))?;
        let Fact { dtype, shape } = &input.fact;
        let expected_type = if dtype.is_float() { DType::F32 } else { *dtype };
        if tensor.dtype() != expected_type || tensor.shape().len() != shape.len() {
            return Err(error(&input.name, mismatch(&input.fact, tensor)));
        }
        for (dim, &size) in shape.iter().zip(tensor.shape()) {
            let clash = match dim.as_symbol() {
                Some(symbol) => {
                    bindings.bind(symbol, size).err().map(|bound| format!(" ({symbol} is {bound})"))
                }
                None => None,
            };
            if let Some(clash) = clash {
                return Err(error(&input.name, mismatch(&input.fact, tensor) + &clash));
            }
        }
    }
    // Expressions are compared once every symbol is bound: `past + sequence` may come before `sequence`.
    for input in signature.inputs.iter().filter(|input| counts(input)) {
        let tensor = &inputs[&input.name];
        let sizes: Option<Vec<usize>> = input.fact.shape.iter().map(|dim| dim.evaluate(&bindings)).collect();
        if sizes.as_deref() != Some(tensor.shape()) {
            let bound = sizes.map_or_else(String::new, |sizes| format!(" (that is {sizes:?} here)"));
            return Err(error(&input.name, mismatch(&input.fact, tensor) + &bound));
        }
    }
    lookup::check_lookups(signature, inputs)?;
    Ok(bindings)
}

fn mismatch(expected: &Fact, found: &Tensor) -> String {
    format!("expected {expected}, found {}{:?}", found.dtype(), found.shape())
}
