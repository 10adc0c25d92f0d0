//! A generation under way.

use super::batch::Batch;
use super::error::GenerateError;
use super::logits::{History, LogitsProcessor};
use super::sampler::Sampler;
use super::stop::{FinishReason, StopCriteria};
use crate::engine::{Session, Tensors};
use crate::tensor::Tensor;

/// A token that a step generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// The row of the batch.
    pub row: usize,
    /// The token.
    pub id: i64,
    /// Why the row ends with this token, if it does.
    pub finish: Option<FinishReason>,
}

/// What one step generated: a token for each row that had not ended before, in the order of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The tokens.
    pub tokens: Vec<NewToken>,
}

/// A continued prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The prompt's tokens and then the generated ones; no padding on either side.
    pub tokens: Vec<i64>,
    /// How many of them are the prompt.
    pub prompt: usize,
    /// Why it ended; `None` if the generation was not run to its end.
    pub finish: Option<FinishReason>,
}

impl Sequence {
    /// The generated tokens.
    pub fn new_tokens(&self) -> &[i64] {
        &self.tokens[self.prompt..]
    }
}

/// A row of the batch.
pub(super) struct Row {
    sequence: Sequence,
    /// The tokens that an encoder read for it.
    source: Vec<i64>,
    sampler: Sampler,
}

impl Row {
    /// A row that starts with `tokens`.
    pub(super) fn new(tokens: Vec<i64>, source: Vec<i64>, sampler: Sampler) -> Self {
        let prompt = tokens.len();
        Self { sequence: Sequence { tokens, prompt, finish: None }, source, sampler }
    }
}

/// A running generation: an iterator over its steps, which ends when every row has ended, or after an error.
pub struct Generation<'p> {
    /// The graph's name, for messages.
    pub(super) graph: &'p str,
    /// `None` once there is nothing more to do.
    pub(super) session: Option<Box<dyn Session + 'p>>,
    pub(super) batch: Batch,
    pub(super) processors: Vec<Box<dyn LogitsProcessor>>,
    pub(super) stop: StopCriteria<'p>,
    /// What rows that have ended go on with while others are not done.
    pub(super) pad: i64,
    pub(super) rows: Vec<Row>,
}

impl Generation<'_> {
    /// Takes all steps, hands each one's tokens to `on_step` at once, and returns the rows.
    pub(super) fn run_to_end(
        mut self,
        mut on_step: impl FnMut(&Step),
    ) -> Result<Vec<Sequence>, GenerateError> {
        for step in &mut self {
            on_step(&step?);
        }
        Ok(self.into_sequences())
    }

    /// The rows as far as they are, in the order of the prompts.
    pub fn into_sequences(self) -> Vec<Sequence> {
        self.rows.into_iter().map(|row| row.sequence).collect()
    }

    /// Runs the model on the tokens that it has not seen yet.
    fn run(&mut self, session: &mut dyn Session) -> Result<Tensor, GenerateError> {
        let inputs = match session.past() {
            0 => {
                let prompts: Vec<Vec<i64>> =
                    self.rows.iter().map(|row| row.sequence.tokens.clone()).collect();
                self.batch.prompts(&prompts, self.pad)
            }
            past => {
                let next = |row: &Row| match (row.sequence.finish, row.sequence.tokens.last()) {
                    (None, Some(&token)) => token,
                    _ => self.pad,
                };
                self.batch.next(self.rows.iter().map(next).collect(), past)
            }
        };
        let mut outputs: Tensors = session.step(inputs)?;
        outputs.remove("logits").ok_or_else(|| self.bad_logits("there are none".to_owned()))
    }

    fn bad_logits(&self, problem: String) -> GenerateError {
        GenerateError::Graph {
            graph: self.graph.to_owned(),
            problem: format!("output \"logits\": {problem}"),
        }
    }

    fn step(&mut self, session: &mut dyn Session) -> Result<Step, GenerateError> {
        let logits = self.run(session)?;
        let (shape, rows) = (logits.shape().to_vec(), self.rows.len());
        let (Some(values), &[batch, positions, vocabulary]) = (logits.as_f32(), &shape[..]) else {
            return Err(
                self.bad_logits(format!("expected f32[batch, sequence, vocabulary], found {shape:?}"))
            );
        };
        if batch != rows || positions == 0 || vocabulary == 0 {
            return Err(self.bad_logits(format!("expected {rows} rows, found {shape:?}")));
        }
        let mut tokens = vec![];
        for (index, row) in self.rows.iter_mut().enumerate() {
            if row.sequence.finish.is_some() {
                continue;
            }
            // Only the last position says what comes next.
            let last = (index * positions + positions - 1) * vocabulary;
            let id = choose(&values[last..last + vocabulary], index, row, &self.processors)?;
            row.sequence.tokens.push(id);
            row.sequence.finish = self.stop.check(&row.sequence.tokens, row.sequence.new_tokens().len())?;
            tokens.push(NewToken { row: index, id, finish: row.sequence.finish });
        }
        Ok(Step { tokens })
    }
}

/// The next token of a row.
fn choose(
    logits: &[f32],
    index: usize,
    row: &mut Row,
    processors: &[Box<dyn LogitsProcessor>],
) -> Result<i64, GenerateError> {
    let generated = row.sequence.new_tokens().len();
    // A model may exclude tokens by negative infinity itself.
    if let Some(&found) = logits.iter().find(|logit| logit.is_nan() || **logit == f32::INFINITY) {
        return Err(GenerateError::NotFinite { row: index, generated, found });
    }
    let mut scores = logits.to_vec();
    let history = History { tokens: &row.sequence.tokens, generated, source: &row.source };
    for processor in processors {
        processor.process(history, &mut scores);
    }
    let chosen = row.sampler.choose(&mut scores);
    Ok(chosen.ok_or(GenerateError::NothingLeft { row: index, generated })? as i64)
}

impl Iterator for Generation<'_> {
    type Item = Result<Step, GenerateError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut session = self.session.take()?;
        let step = self.step(&mut *session);
        if step.is_ok() && self.rows.iter().any(|row| row.sequence.finish.is_none()) {
            self.session = Some(session);
        }
        Some(step)
    }
}
