//! Inputs and tasks.

use crate::decode::{Table, Text, object, words};

use super::{Check, Step};

object! {
    /// One argument of the base model's `forward`.
    pub struct Input {
        /// The element type: `f32`, `i64` or `bool`; `flag` for a switch of `forward`, which is a bool in expressions
        /// and shapes the graph instead of being an input of it.
        dtype = "dtype": DType,
        /// Whether a flag is on where nobody sets it.
        default = "default": bool,
        /// Whether a flag is no argument of `forward`, so that only heads and models around set it.
        private = "private": bool,
        /// The size of each axis: a symbol (`batch`, `sequence`, …) or an expression over symbols and config fields.
        dims = "dims": Vec<Text>,
        /// Whether the caller may leave it out; then it is an `Option<Value>` in expressions.
        optional = "optional": bool,
        /// Whether it is optional and for special purposes only: graphs for other tools are built without it.
        special = "special": bool,
        /// When the model has it, an expression over config fields and the inputs above; then it is an
        /// `Option<Value>` in expressions.
        when = "when": Option<Text>,
    }
}

object! {
    /// One task: a head on the base model, or the base model itself.
    pub struct Task {
        /// The transformers class.
        class = "class": Text,
        /// Other tasks that the same class does.
        aliases = "aliases": Vec<Text>,
        /// The task that this class does, too, for a checkpoint whose `architectures` names it.
        serves = "serves": Option<Text>,
        /// The path of the base model in this class, where it is not the spec's.
        prefix = "prefix": Option<String>,
        /// The inputs that the head takes by itself, where the class has no base model: its steps see these only.
        inputs = "inputs": Option<Vec<Text>>,
        /// What a config must satisfy for this task.
        checks = "checks": Vec<Check>,
        /// The task whose head comes before this one's.
        after = "after": Option<Text>,
        /// The steps after the base model; they see its inputs, outputs and values. Without them the task is the
        /// base model, and its outputs are the base model's.
        head = "head": Option<Vec<Step>>,
        /// The fields of the class's output, each an expression.
        outputs = "outputs": Table<Text>,
        /// What turns user input into tensors; by default what the modality suggests.
        processor = "processor": Option<Processor>,
        /// Whether the task is a loop around the graph that appends what it predicts.
        generates = "generates": bool,
    }
}

words! {
    /// The kind of an input.
    pub enum DType {
        /// Single precision.
        F32 = "f32",
        /// Signed 64-bit integer.
        I64 = "i64",
        /// Truth values.
        Bool = "bool",
        /// No tensor but a switch.
        Flag = "flag",
    }
}

words! {
    /// What turns user input into tensors.
    pub enum Processor {
        /// A tokenizer.
        Text = "text",
        /// An image processor.
        Image = "image",
        /// A feature extractor.
        Audio = "audio",
        /// Several of them.
        Multimodal = "multimodal",
        /// None: the values of a time series are what the model takes.
        Series = "series",
    }
}
