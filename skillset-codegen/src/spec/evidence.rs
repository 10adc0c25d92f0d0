//! What was measured of each task: `evidence.json`, which stands beside the specs and is written by running them.

use crate::decode::{Decode, Table, Text, mismatch, object, words};
use crate::error::Errors;
use crate::source::Node;

object! {
    /// The file.
    pub struct Evidence {
        /// The version of transformers that gave the expected outputs.
        transformers = "transformers": String,
        /// Model type → task → what was measured.
        model_types = "model_types": Table<Table<Engines>>,
    }
}

object! {
    /// What was measured of a task, on each engine.
    pub struct Engines {
        /// The native engine.
        candle = "candle": Option<Measured>,
        /// ONNX Runtime.
        onnx = "onnx": Option<Measured>,
    }
}

object! {
    /// What was measured of a task on one engine.
    pub struct Measured {
        /// The precision of the computation.
        precision = "precision": Precision,
        /// Configs that were compared.
        configs = "configs": usize,
        /// Recorded calls and generations that were compared.
        runs = "runs": usize,
        /// What the relative error of every output stays below.
        max_relative_error = "max_relative_error": Bound,
    }
}

/// What computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The native engine.
    Candle,
    /// ONNX Runtime.
    Onnx,
}

words! {
    /// The precision of a computation.
    pub enum Precision {
        /// Single precision.
        F32 = "f32",
        /// Half precision.
        F16 = "f16",
        /// Brain float.
        BF16 = "bf16",
    }
}

/// A positive number as the file spells it, such as `1e-5`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bound(String);

impl Bound {
    /// The number, which is Rust just as well.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl Decode for Bound {
    fn decode(node: &Node, errors: &mut Errors) -> Option<Self> {
        let text = Text::decode(node, errors)?.text;
        let is_number = text.parse::<f64>().is_ok_and(|number| number.is_finite() && number > 0.0);
        // `1` and `.5` are numbers to a parser, but no floats to Rust.
        let is_float = syn::parse_str::<syn::LitFloat>(&text).is_ok();
        if is_number && is_float { Some(Self(text)) } else { mismatch("a number such as 1e-5", node, errors) }
    }
}

impl Engines {
    /// The engines it was measured on.
    pub fn iter(&self) -> impl Iterator<Item = (Engine, &Measured)> {
        let engines = [(Engine::Candle, &self.candle), (Engine::Onnx, &self.onnx)];
        engines.into_iter().filter_map(|(engine, measured)| Some((engine, measured.as_ref()?)))
    }
}

impl Evidence {
    /// What was measured of `task`, or else of another task of `same_class`: tasks of one class share its graph.
    pub fn find<'a>(
        &self,
        model_type: &str,
        task: &'a str,
        same_class: impl Iterator<Item = &'a str>,
    ) -> Option<&Engines> {
        let tasks = self.model_types.get(model_type)?;
        std::iter::once(task).chain(same_class).find_map(|task| tasks.get(task))
    }
}
