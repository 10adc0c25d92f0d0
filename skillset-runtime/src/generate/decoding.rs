//! The runs of the model while rows of tokens grow.

use super::batch::Batch;
use super::error::GenerateError;
use super::logits::LogitsProcessor;
use super::stop::StopCriteria;
use crate::engine::Session;
use crate::tensor::TensorData;

/// What every way to generate shares: a session, what is done to its scores, and when rows end.
pub(super) struct Decoding<'p> {
    /// The graph's name, for messages.
    pub graph: &'p str,
    /// Has a row for each prompt until the prompts have run, and then `copies` of each.
    pub session: Box<dyn Session + 'p>,
    /// As the session's rows.
    pub batch: Batch,
    /// The tokens that an encoder read for each prompt; none without an encoder.
    pub sources: Vec<Vec<i64>>,
    /// How many rows continue a prompt; they stand behind each other.
    pub copies: usize,
    /// What prompts are padded with.
    pub pad: i64,
    pub processors: Vec<Box<dyn LogitsProcessor>>,
    pub stop: StopCriteria<'p>,
}

impl Decoding<'_> {
    /// Runs the model on what it has not seen yet of `rows`: the prompts, or the last token of each.
    ///
    /// Before the first run the rows that continue a prompt are all the same. The prompt runs once, and then its
    /// state is that of each of them.
    pub fn run(&mut self, rows: &[&[i64]]) -> Result<Logits, GenerateError> {
        let is_first = self.session.past() == 0;
        let inputs = match self.session.past() {
            0 => {
                let prompts: Vec<&[i64]> = rows.iter().step_by(self.copies).copied().collect();
                self.batch.prompts(&prompts, self.pad)
            }
            // A row that has ended goes on with its last token; nobody looks at what comes of it.
            past => self.batch.next(rows.iter().map(|row| row.last().copied().unwrap_or(self.pad)), past),
        };
        let copies = if is_first { self.copies } else { 1 };
        let bad = |problem: String| GenerateError::Graph {
            graph: self.graph.to_owned(),
            problem: format!("output \"logits\": {problem}"),
        };
        let logits =
            self.session.step(inputs)?.remove("logits").ok_or_else(|| bad("there are none".to_owned()))?;
        let shape = logits.shape().to_vec();
        let (TensorData::F32(values), &[batch, positions, vocabulary]) = (logits.into_data(), &shape[..])
        else {
            return Err(bad(format!("expected f32[batch, sequence, vocabulary], found {shape:?}")));
        };
        if batch * copies != rows.len() || positions == 0 || vocabulary == 0 {
            return Err(bad(format!("expected {} rows, found {shape:?}", rows.len() / copies)));
        }
        if copies > 1 {
            let expanded: Vec<usize> = (0..rows.len()).map(|row| row / copies).collect();
            self.reorder(&expanded)?;
        }
        Ok(Logits { values, positions, vocabulary, copies })
    }

    /// The tokens that an encoder read for a row.
    pub fn source(&self, row: usize) -> &[i64] {
        self.sources.get(row / self.copies).map_or(&[], Vec::as_slice)
    }

    /// Makes row `i` a continuation of what row `rows[i]` was.
    pub fn reorder(&mut self, rows: &[usize]) -> Result<(), GenerateError> {
        self.batch.reorder(rows);
        Ok(self.session.reorder(rows)?)
    }
}

/// What a run says of the next token of each row.
pub(super) struct Logits {
    /// `[rows / copies, positions, vocabulary]`
    values: Vec<f32>,
    positions: usize,
    vocabulary: usize,
    copies: usize,
}

impl Logits {
    /// The logits of a row's next token, of which `generated` were generated before.
    ///
    /// # Errors
    /// If one is not a number. A model may exclude tokens by negative infinity itself.
    pub fn of(&self, row: usize, generated: usize) -> Result<&[f32], GenerateError> {
        // Only the last position says what comes next.
        let last = (row / self.copies * self.positions + self.positions - 1) * self.vocabulary;
        let logits = &self.values[last..last + self.vocabulary];
        match logits.iter().find(|logit| logit.is_nan() || **logit == f32::INFINITY) {
            Some(&found) => Err(GenerateError::NotFinite { row, generated, found }),
            None => Ok(logits),
        }
    }
}
