//! The inputs of a step, for prompts of different lengths.

use super::inputs::InputNames;
use crate::engine::Tensors;
use crate::tensor::Tensor;

/// Rows padded on the left, and what the graph takes of them.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    /// For each row, how many padding tokens stand before it.
    padding: Vec<usize>,
    /// For each row, the prompt that it continues.
    origins: Vec<usize>,
    names: InputNames,
    /// The inputs of the step at hand; what an encoder made stays from step to step, what is placed does not.
    inputs: Tensors,
}

impl Batch {
    /// Rows of these lengths, padded to the longest; `context` are inputs of every step, but for those that are placed.
    pub(super) fn new(lengths: &[usize], names: InputNames, context: Tensors) -> Self {
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let padding = lengths.iter().map(|length| longest - length).collect();
        Self { padding, origins: (0..lengths.len()).collect(), names, inputs: context }
    }

    /// The same, where steps run all positions and so are given everything.
    pub(super) fn placing_always(mut self) -> Self {
        self.names.placed.clear();
        self
    }

    /// The inputs of the first step: all prompts.
    pub(super) fn prompts(&mut self, prompts: &[&[i64]], pad: i64) -> &Tensors {
        let longest = self.padding.iter().zip(prompts).map(|(padding, prompt)| padding + prompt.len());
        let length = longest.max().unwrap_or(0);
        let mut ids = Vec::with_capacity(prompts.len() * length);
        for (prompt, &padding) in prompts.iter().zip(&self.padding) {
            ids.extend(std::iter::repeat_n(pad, padding));
            ids.extend_from_slice(prompt);
        }
        self.inputs(ids, 0, length)
    }

    /// The inputs of a later step: one token for each row, after `past` positions.
    pub(super) fn next(&mut self, tokens: impl Iterator<Item = i64>, past: usize) -> &Tensors {
        for name in &self.names.placed {
            if let Some(tensor) = self.inputs.get_mut(name) {
                *tensor = tensor.take_rows(&[]);
            }
        }
        self.inputs(tokens.collect(), past, 1)
    }

    /// Row `i` becomes what row `rows[i]` was.
    pub(super) fn reorder(&mut self, rows: &[usize]) {
        self.padding = rows.iter().map(|&row| self.padding[row]).collect();
        let origins: Vec<usize> = rows.iter().map(|&row| self.origins[row]).collect();
        // Rows of one prompt may change places as they like: what is read for them is the same.
        if origins != self.origins {
            for name in &self.names.context {
                if let Some(tensor) = self.inputs.get_mut(name) {
                    *tensor = tensor.take_rows(rows);
                }
            }
            self.origins = origins;
        }
    }

    /// `ids` is `[batch, length]`; the mask covers the past too, positions count from a row's first real token.
    fn inputs(&mut self, ids: Vec<i64>, past: usize, length: usize) -> &Tensors {
        let rows = self.padding.len();
        let tensor = |width: usize, data: Vec<i64>| {
            Tensor::new([rows, width], data).expect("every row has the same width by construction")
        };
        let per_position = |positions: std::ops::Range<usize>, value: fn(usize, usize) -> i64| {
            let row = |&padding: &usize| positions.clone().map(move |position| value(position, padding));
            self.padding.iter().flat_map(row).collect::<Vec<i64>>()
        };
        self.inputs.insert(self.names.tokens.to_owned(), tensor(length, ids));
        let end = past + length;
        if let Some(name) = self.names.mask {
            let mask = per_position(0..end, |position, padding| i64::from(position >= padding));
            self.inputs.insert(name.to_owned(), tensor(end, mask));
        }
        if let Some(name) = self.names.positions {
            // transformers counts the mask's ones, so padding itself stands at position 0.
            let ids = per_position(past..end, |position, padding| position.saturating_sub(padding) as i64);
            self.inputs.insert(name.to_owned(), tensor(length, ids));
        }
        &self.inputs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_stands_on_the_left_and_features_are_given_once() {
        let names = InputNames {
            tokens: "input_ids",
            mask: Some("attention_mask"),
            positions: Some("position_ids"),
            context: vec![],
            placed: vec!["features".to_owned()],
        };
        let features = Tensor::new([2, 1], vec![0.5f32, 1.5]).unwrap();
        let placed = Tensors::from([("features".to_owned(), features.clone())]);
        let mut batch = Batch::new(&[1, 3], names, placed);
        let inputs = batch.prompts(&[&[5], &[6, 7, 8]], 0);
        assert_eq!(inputs["input_ids"].as_i64().unwrap(), [0, 0, 5, 6, 7, 8]);
        assert_eq!(inputs["attention_mask"].as_i64().unwrap(), [0, 0, 1, 1, 1, 1]);
        assert_eq!(inputs["position_ids"].as_i64().unwrap(), [0, 0, 0, 0, 1, 2]);
        assert_eq!(inputs["features"], features);
        let inputs = batch.next([9, 9].into_iter(), 3);
        assert_eq!(inputs["input_ids"].shape(), [2, 1]);
        assert_eq!(inputs["attention_mask"].as_i64().unwrap(), [0, 0, 1, 1, 1, 1, 1, 1]);
        assert_eq!(inputs["position_ids"].as_i64().unwrap(), [1, 3]);
        assert_eq!(inputs["features"].shape(), [0, 1]);
        batch.reorder(&[1, 1, 0]);
        assert_eq!(batch.next([9; 3].into_iter(), 3)["position_ids"].as_i64().unwrap(), [3, 3, 1]);
    }
}
