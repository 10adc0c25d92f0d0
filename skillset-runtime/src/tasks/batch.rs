//! Many inputs through one program, in batches, in order.

use std::sync::Arc;

use super::error::TaskError;
use crate::engine::{Program, Signature, Tensors};
use crate::processors::text::EncodedText;
use crate::tensor::Tensor;

/// The inputs that texts become.
pub(super) const TEXT_INPUTS: [&str; 4] = ["input_ids", "attention_mask", "token_type_ids", "position_ids"];

/// How many inputs run together unless a task is told otherwise: enough to keep a processor busy, few enough
/// that activations stay small.
pub const DEFAULT_BATCH_SIZE: usize = 32;

/// Runs inputs in batches of a bounded size.
#[derive(Clone)]
pub(super) struct Runner {
    program: Arc<dyn Program>,
    batch_size: usize,
}

/// The outputs of one input of a batch.
pub(super) struct RowOutputs<'a> {
    runner: &'a Runner,
    outputs: &'a Tensors,
    /// Where the row is in its batch, and in everything that was given.
    row: usize,
    index: usize,
    /// How many of the positions are not padding; `None` for inputs without positions.
    length: Option<usize>,
}

/// An output of one input: the axes after the batch, padding cut off.
pub(super) struct Row<'a> {
    /// The elements.
    pub values: &'a [f32],
    /// The sizes.
    pub shape: Vec<usize>,
}

impl Runner {
    /// Runs `program` for a task that can give it the inputs `gives`.
    ///
    /// # Errors
    /// If it takes another one, as a graph that others exported may.
    pub(super) fn new(
        task: &'static str,
        program: Arc<dyn Program>,
        gives: &[&str],
    ) -> Result<Self, TaskError> {
        check_inputs(task, program.signature(), gives)?;
        Ok(Self { program, batch_size: DEFAULT_BATCH_SIZE })
    }

    /// Sets how many inputs run together at most.
    pub(super) fn set_batch_size(&mut self, size: usize) {
        self.batch_size = size.max(1);
    }

    pub(super) fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// Whether the program has an input of this name.
    pub(super) fn takes(&self, input: &str) -> bool {
        self.program.signature().takes(input)
    }

    /// Runs texts and hands each one's outputs to `finish`; results come in the order of `texts`.
    ///
    /// Texts of similar length run together, padded on the right with `pad` to the longest of their batch.
    /// Without a `pad`, or if the graph takes no mask, only texts of equal length run together.
    pub(super) fn run_texts<T>(
        &self,
        texts: &[EncodedText],
        pad: Option<u32>,
        mut finish: impl FnMut(usize, RowOutputs<'_>) -> Result<T, TaskError>,
    ) -> Result<Vec<T>, TaskError> {
        let pad = pad.filter(|_| self.takes("attention_mask"));
        let mut order: Vec<usize> = (0..texts.len()).collect();
        // The longest first: if memory is short, it shows at once.
        order.sort_by_key(|&index| std::cmp::Reverse(texts[index].ids.len()));
        let same = |a: &usize, b: &usize| pad.is_some() || texts[*a].ids.len() == texts[*b].ids.len();
        let mut results: Vec<Option<T>> = texts.iter().map(|_| None).collect();
        for batch in order.chunk_by(same).flat_map(|group| group.chunks(self.batch_size)) {
            let outputs =
                self.program.run(&text_inputs(self.program.signature(), texts, batch, pad.unwrap_or(0)))?;
            for (row, &index) in batch.iter().enumerate() {
                let length = Some(texts[index].ids.len());
                let row = RowOutputs { runner: self, outputs: &outputs, row, index, length };
                results[index] = Some(finish(index, row)?);
            }
        }
        Ok(results.into_iter().flatten().collect())
    }

    /// Runs one batch of inputs that need no padding and hands each one's outputs to `finish`, with its position
    /// among all, which `positions` has.
    pub(super) fn run_batch(
        &self,
        inputs: &Tensors,
        positions: impl IntoIterator<Item = usize>,
        mut finish: impl FnMut(usize, RowOutputs<'_>) -> Result<(), TaskError>,
    ) -> Result<(), TaskError> {
        let outputs = self.program.run(inputs)?;
        for (row, index) in positions.into_iter().enumerate() {
            finish(index, RowOutputs { runner: self, outputs: &outputs, row, index, length: None })?;
        }
        Ok(())
    }
}

/// Checks that a task can give all that a graph takes, which one that others exported may ask more of.
///
/// # Errors
/// Names what the task cannot give.
pub(super) fn check_inputs(
    task: &'static str,
    signature: &Signature,
    gives: &[&str],
) -> Result<(), TaskError> {
    let Some(input) = signature.inputs.iter().find(|input| !gives.contains(&&*input.name)) else {
        return Ok(());
    };
    let problem = format!(
        "{}: expected inputs among {}, which the task can give, found {:?}; its inputs are {}",
        signature.name,
        gives.join(", "),
        input.name,
        signature.list_inputs()
    );
    Err(TaskError::Model { task, problem })
}

/// The texts of a batch as a graph takes them, padded on the right with `pad` to the longest.
pub(super) fn text_inputs(
    signature: &Signature,
    texts: &[EncodedText],
    batch: &[usize],
    pad: u32,
) -> Tensors {
    let longest = batch.iter().map(|&index| texts[index].ids.len()).max().unwrap_or(0);
    let padded = |values: fn(&EncodedText) -> &[u32], pad: u32| {
        let row = |&index: &usize| {
            let values = values(&texts[index]).iter().copied();
            values.chain(std::iter::repeat(pad)).take(longest).map(i64::from)
        };
        let data: Vec<i64> = batch.iter().flat_map(row).collect();
        Tensor::new([batch.len(), longest], data).expect("every row was padded to the same length")
    };
    let mut inputs = Tensors::from([("input_ids".to_owned(), padded(|text| &text.ids, pad))]);
    if signature.takes("token_type_ids") {
        inputs.insert("token_type_ids".to_owned(), padded(|text| &text.type_ids, 0));
    }
    if signature.takes("attention_mask") {
        inputs.insert("attention_mask".to_owned(), padded(|text| &text.attention_mask, 0));
    }
    if signature.takes("position_ids") {
        // Padding is on the right, so real tokens count from 0.
        let positions: Vec<i64> = batch.iter().flat_map(|_| 0..longest as i64).collect();
        let positions = Tensor::new([batch.len(), longest], positions);
        inputs.insert("position_ids".to_owned(), positions.expect("every row has every position"));
    }
    inputs
}

impl<'a> RowOutputs<'a> {
    /// Whether the graph has this output.
    pub(super) fn has(&self, name: &str) -> bool {
        self.outputs.contains_key(name)
    }

    /// How many axes an output has after the batch, if there is one of this name.
    pub(super) fn rank(&self, name: &str) -> Option<usize> {
        self.outputs.get(name).and_then(|output| output.shape().len().checked_sub(1))
    }

    /// One output, which has `rank` axes after the batch.
    pub(super) fn get(&self, name: &str, rank: usize) -> Result<Row<'a>, TaskError> {
        let row = self.raw(name, rank)?;
        self.check_finite(name, row.values)?;
        Ok(row)
    }

    /// One output of a text, which has `rank` axes after the batch, the positions first; those of padding are
    /// cut off.
    pub(super) fn tokens(&self, name: &str, rank: usize) -> Result<Row<'a>, TaskError> {
        let Row { mut values, mut shape } = self.raw(name, rank)?;
        if let (Some(length), Some(positions)) = (self.length, shape.first_mut()) {
            if *positions < length {
                return Err(self.wrong_shape(name, &format!("{length} positions"), positions.to_string()));
            }
            values = &values[..values.len() / (*positions).max(1) * length];
            *positions = length;
        }
        self.check_finite(name, values)?;
        Ok(Row { values, shape })
    }

    fn raw(&self, name: &str, rank: usize) -> Result<Row<'a>, TaskError> {
        let wrong = |found: String| self.wrong_shape(name, &format!("f32 of {} axes", rank + 1), found);
        let tensor = self.outputs.get(name).ok_or_else(|| wrong("no such output".to_owned()))?;
        let [batch, shape @ ..] = tensor.shape() else { return Err(wrong("a scalar".to_owned())) };
        match tensor.as_f32() {
            Some(values) if shape.len() == rank && self.row < *batch => {
                let size: usize = shape.iter().product();
                Ok(Row { values: &values[self.row * size..][..size], shape: shape.to_vec() })
            }
            _ => Err(wrong(format!("{}{:?}", tensor.dtype(), tensor.shape()))),
        }
    }

    fn check_finite(&self, name: &str, values: &[f32]) -> Result<(), TaskError> {
        match values.iter().find(|value| !value.is_finite()) {
            Some(&found) => Err(TaskError::NotFinite { output: name.to_owned(), index: self.index, found }),
            None => Ok(()),
        }
    }

    /// The error of an output that has another shape.
    pub(super) fn wrong_shape(&self, output: &str, expected: &str, found: String) -> TaskError {
        let (graph, output) = (self.runner.program.signature().name.clone(), output.to_owned());
        TaskError::Output { graph, output, expected: expected.to_owned(), found }
    }

    /// The output `logits`: a value for each class, of which there are `classes`.
    pub(super) fn logits(&self, classes: usize) -> Result<&'a [f32], TaskError> {
        self.values("logits", classes, || format!("a value for each of the config's {classes} labels"))
    }

    /// One output of `count` values.
    pub(super) fn values(
        &self,
        name: &str,
        count: usize,
        expected: impl FnOnce() -> String,
    ) -> Result<&'a [f32], TaskError> {
        let row = self.get(name, 1)?;
        if row.values.len() == count {
            return Ok(row.values);
        }
        Err(self.wrong_shape(name, &expected(), row.values.len().to_string()))
    }

    /// One output of `count` vectors of `width` values.
    pub(super) fn vectors(&self, name: &str, count: usize, width: usize) -> Result<&'a [f32], TaskError> {
        let row = self.get(name, 2)?;
        if row.shape == [count, width] {
            return Ok(row.values);
        }
        Err(self.wrong_shape(name, &format!("{count} vectors of {width}"), format!("{:?}", row.shape)))
    }
}

impl<'a> Row<'a> {
    /// The vectors of the positions.
    pub(super) fn vectors(&self) -> impl ExactSizeIterator<Item = &'a [f32]> + Clone + use<'a> {
        self.values.chunks_exact(self.shape.last().copied().unwrap_or(1).max(1))
    }
}

#[cfg(test)]
mod tests;
