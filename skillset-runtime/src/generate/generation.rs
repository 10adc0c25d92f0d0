//! A generation under way.

use super::decoding::Decoding;
use super::error::GenerateError;
use super::logits::{History, LogitsProcessor};
use super::sampler::Sampler;
use super::stop::FinishReason;

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
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// The prompt's tokens and then the generated ones; no padding on either side.
    pub tokens: Vec<i64>,
    /// How many of them are the prompt.
    pub prompt: usize,
    /// Why it ended; `None` if the generation was not run to its end.
    pub finish: Option<FinishReason>,
    /// What beam search ranks sequences by: the sum of the generated tokens' scores (log-probabilities, unless
    /// processors change them) over their number to the power of `length_penalty`. `None` without beams.
    pub score: Option<f32>,
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
    sampler: Sampler,
}

impl Row {
    /// A row that starts with `tokens`.
    pub(super) fn new(tokens: Vec<i64>, sampler: Sampler) -> Self {
        let prompt = tokens.len();
        Self { sequence: Sequence { tokens, prompt, finish: None, score: None }, sampler }
    }
}

/// A running generation: an iterator over its steps, which ends when every row has ended, or after an error.
pub struct Generation<'p> {
    /// `None` after an error.
    pub(super) decoding: Option<Decoding<'p>>,
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

    fn step(&mut self, decoding: &mut Decoding<'_>) -> Result<Step, GenerateError> {
        let rows: Vec<&[i64]> = self.rows.iter().map(|row| &row.sequence.tokens[..]).collect();
        let logits = decoding.run(&rows)?;
        let mut tokens = vec![];
        for (index, row) in self.rows.iter_mut().enumerate() {
            if row.sequence.finish.is_some() {
                continue;
            }
            let generated = row.sequence.new_tokens().len();
            let scores = logits.of(index, generated)?.to_vec();
            let id = choose(scores, row, decoding.source(index), &decoding.processors)
                .ok_or(GenerateError::NothingLeft { row: index, generated })?;
            row.sequence.tokens.push(id);
            row.sequence.finish = decoding.stop.check(&row.sequence.tokens, generated + 1)?;
            tokens.push(NewToken { row: index, id, finish: row.sequence.finish });
        }
        Ok(Step { tokens })
    }
}

/// The next token of a row; `None` if every one is excluded.
fn choose(
    mut scores: Vec<f32>,
    row: &mut Row,
    source: &[i64],
    processors: &[Box<dyn LogitsProcessor>],
) -> Option<i64> {
    let history =
        History { tokens: &row.sequence.tokens, generated: row.sequence.new_tokens().len(), source };
    for processor in processors {
        processor.process(history, &mut scores);
    }
    row.sampler.choose(&mut scores).map(|id| id as i64)
}

impl Iterator for Generation<'_> {
    type Item = Result<Step, GenerateError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rows.iter().all(|row| row.sequence.finish.is_some()) {
            return None;
        }
        let mut decoding = self.decoding.take()?;
        let step = self.step(&mut decoding);
        if step.is_ok() {
            self.decoding = Some(decoding);
        }
        Some(step)
    }
}
