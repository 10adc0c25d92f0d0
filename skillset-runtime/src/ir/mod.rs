//! The intermediate representation: one small tensor program for one concrete configuration.
//!
//! # What a graph is
//!
//! A [`Graph`] is plain data. Its nodes stand in an order in which each one's inputs come first, and
//! every node makes exactly one [`Value`], so a value *is* the index of its node. Four kinds of value
//! come from outside: [`Input`]s (what the caller gives), [`Param`]s (what the checkpoint gives, by
//! checkpoint name), [`State`]s (what the run before left: a key/value cache) and literals.
//!
//! Sizes are [`Dim`]s: numbers where the config fixes them, else expressions over *symbols*
//! (`batch`, `sequence`, `past`, …) that a run binds by looking at its inputs. Nothing else in a graph
//! depends on a run, so a graph is built, checked, optimised and prepared by an engine once.
//!
//! # From builder to engine
//!
//! ```text
//! spec module ── Scope (path, eager inference) ──▶ Graph ── check() ──▶ CheckedGraph ──▶ engines
//!                                                    ▲                      │
//!                                                    └────── passes ◀───────┘
//! ```
//!
//! A [`Scope`] stands at one checkpoint path and adds nodes there. It infers each value's [`Fact`]
//! at once, so blocks may ask for shapes; a mistake is recorded with its path and poisons what
//! depends on it, so that [`Builder::finish`] reports all mistakes, each once. [`Graph::check`] infers
//! everything again, independently of how the graph came to be (read from a pass, from a test), and
//! is the only way to a [`CheckedGraph`]: an engine that holds one need not expect a malformed node.
//!
//! # Primitives and composites
//!
//! [`Op`] has some dozens of primitives that mean what ONNX means, and a few composites that engines
//! may fuse. [`decompose`] rewrites composites into primitives; an engine names those that it runs
//! itself and has the rest decomposed. Passes in [`pass`] are small and do one thing each.
//!
//! # Paths
//!
//! Every node carries the checkpoint path of its module. Error messages, drawings and the parity
//! tracer (which compares values with the outputs of transformers' modules) all speak in these paths.

mod activation;
mod check;
mod decompose;
mod dim;
mod draw;
mod dtype;
mod graph;
mod infer;
mod op;
pub mod pass;
mod scope;
#[cfg(test)]
mod tests;
mod text;

pub use activation::{Activation, UnknownActivation};
pub use check::{CheckError, CheckedGraph, Fault, Lookup};
pub use decompose::decompose;
pub use dim::{Bindings, Dim, Factor};
pub use draw::Drawing;
pub use dtype::DType;
pub use graph::{Fact, Graph, Input, Node, Output, Param, State, Value};
pub use infer::InferError;
pub use op::{
    Attention, Binary, Compare, Conv, ConvTranspose, DeformableAttention, Experts, GroupNorm, Linear,
    Literal, LiteralData, MaxPool, Norm, Op, Reduce, Rotary, RotaryPairs, Unary,
};
pub use scope::{Argument, BuildError, Builder, Operand, Outputs, Request, Scope, Submodel};
