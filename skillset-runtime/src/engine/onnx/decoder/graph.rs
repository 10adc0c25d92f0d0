//! One graph of a decoder: what its inputs and outputs are for.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ort::session::Session;
use ort::value::{DynValue, TensorElementType, ValueType};

use super::super::values::empty;
use crate::ir::{DType, Dim, Fact, Input};

/// Inputs that a step is given, with the sizes of their axes.
const GIVEN: [(&str, DType, &[&str]); 5] = [
    ("input_ids", DType::I64, &["batch", "sequence"]),
    ("attention_mask", DType::I64, &["batch", "past + sequence"]),
    ("position_ids", DType::I64, &["batch", "sequence"]),
    ("encoder_hidden_states", DType::F32, &["batch", "encoder_sequence", ""]),
    ("encoder_attention_mask", DType::I64, &["batch", "encoder_sequence"]),
];
/// Whether caches are used, in a graph that is two.
pub(super) const BRANCH: &str = "use_cache_branch";
/// Of how many last positions logits are wanted.
pub(super) const KEPT_LOGITS: &str = "num_logits_to_keep";
/// The positions of the step's tokens, of all rows alike.
pub(super) const POSITIONS: &str = "cache_position";
/// What follows from a session's state.
const FOLLOWING: [&str; 3] = [BRANCH, KEPT_LOGITS, POSITIONS];

/// A loaded graph.
#[derive(Debug)]
pub(super) struct Graph {
    session: Mutex<Session>,
    /// Types of all inputs.
    pub(super) types: BTreeMap<String, TensorElementType>,
    /// What a step is given.
    pub(super) given: Vec<Input>,
    /// The caches that it takes.
    pub(super) caches: Vec<Cache>,
    /// All outputs.
    pub(super) outputs: Vec<String>,
}

/// Keys or values of one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cache {
    /// The input, `past_key_values.0.key`.
    pub(super) name: String,
    /// The output, `present.0.key`.
    pub(super) next_name: String,
    /// Whether it is of the encoder's positions, which stay what they are.
    pub(super) is_cross: bool,
    element: TensorElementType,
    heads: usize,
    width: usize,
}

impl Cache {
    /// A cache of no positions.
    pub(super) fn empty(&self, rows: usize) -> ort::Result<DynValue> {
        empty(self.element, vec![rows, self.heads, 0, self.width])
    }
}

impl Graph {
    /// Reads what a session's graph takes and gives.
    ///
    /// # Errors
    /// If an input is none that decoders have, or of a type or shape that they do not have, or there are no logits.
    pub(super) fn new(session: Session) -> Result<Self, String> {
        let mut types = BTreeMap::new();
        let (mut given, mut caches) = (vec![], vec![]);
        for outlet in session.inputs() {
            let name = outlet.name();
            let ValueType::Tensor { ty, shape, .. } = outlet.dtype() else {
                return Err(format!("input {name:?}: expected a tensor, found {}", outlet.dtype()));
            };
            types.insert(name.to_owned(), *ty);
            if name.starts_with("past_key_values.") {
                caches.push(cache(name, *ty, shape)?);
            } else if let Some((_, dtype, axes)) = GIVEN.iter().find(|(known, ..)| *known == name) {
                given.push(input(name, *dtype, *ty, axes, shape)?);
            } else if !FOLLOWING.contains(&name) {
                let known = GIVEN.map(|(known, ..)| known).into_iter().chain(FOLLOWING);
                return Err(format!(
                    "input {name:?} is none that a decoder has; expected {} and past_key_values.*",
                    list(known)
                ));
            }
        }
        let outputs: Vec<String> = session.outputs().iter().map(|outlet| outlet.name().to_owned()).collect();
        let graph = Self { session: Mutex::new(session), types, given, caches, outputs };
        if !graph.takes("input_ids") {
            return Err(format!("expected an input \"input_ids\", found {}", list(graph.types.keys())));
        }
        if !graph.gives("logits") {
            return Err(format!("the graph has no output \"logits\"; it gives {}", list(&graph.outputs)));
        }
        Ok(graph)
    }

    pub(super) fn takes(&self, input: &str) -> bool {
        self.types.contains_key(input)
    }

    pub(super) fn gives(&self, output: &str) -> bool {
        self.outputs.iter().any(|name| name == output)
    }

    /// A thread that panicked cannot have left ONNX Runtime's session half-changed.
    pub(super) fn lock(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names as a message lists them.
pub(super) fn list<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    names.into_iter().map(|name| name.as_ref().to_owned()).collect::<Vec<_>>().join(", ")
}

fn cache(name: &str, element: TensorElementType, shape: &[i64]) -> Result<Cache, String> {
    let is_float = matches!(element, TensorElementType::Float32 | TensorElementType::Float16);
    match *shape {
        [_, heads, _, width] if is_float && heads > 0 && width > 0 => Ok(Cache {
            name: name.to_owned(),
            next_name: name.replacen("past_key_values", "present", 1),
            is_cross: name.contains(".encoder."),
            element,
            heads: heads as usize,
            width: width as usize,
        }),
        _ => Err(format!(
            "input {name:?}: expected f32 or f16 [batch, heads, past, width] with heads and width fixed, found \
             {element} {shape:?}"
        )),
    }
}

fn input(
    name: &str,
    dtype: DType,
    element: TensorElementType,
    axes: &[&str],
    shape: &[i64],
) -> Result<Input, String> {
    let fits = match dtype {
        DType::F32 => matches!(element, TensorElementType::Float32 | TensorElementType::Float16),
        _ => matches!(element, TensorElementType::Int64 | TensorElementType::Int32),
    };
    if !fits || shape.len() != axes.len() {
        return Err(format!(
            "input {name:?}: expected {dtype} [{}], found {element} {shape:?}",
            axes.join(", ")
        ));
    }
    let dim = |(axis, size): (&&str, &i64)| match *axis {
        // A size that the file fixes holds: a graph of single steps reads no prompt.
        _ if *size >= 0 => Dim::constant(*size),
        "past + sequence" => Dim::symbol("past") + Dim::symbol("sequence"),
        "" => Dim::symbol("width"),
        axis => Dim::symbol(axis),
    };
    let shape: Vec<Dim> = axes.iter().zip(shape).map(dim).collect();
    Ok(Input { name: name.to_owned(), fact: Fact::new(dtype, shape), held: false })
}
