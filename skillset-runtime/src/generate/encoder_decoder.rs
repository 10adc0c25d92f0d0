//! Generation from what an encoder has read.

use std::borrow::Cow;
use std::sync::Arc;

use super::GenerationConfig;
use super::batch::Batch;
use super::error::GenerateError;
use super::generation::{Generation, Sequence};
use super::generator::{Context, Generator};
use super::inputs::InputNames;
use super::logits::LogitsProcessor;
use super::stop::Detokenize;
use crate::engine::{Program, Signature, Tensors};
use crate::tensor::Tensor;

/// What an encoder may call its states, and what a decoder calls them.
const STATES: [&str; 2] = ["last_hidden_state", "encoder_last_hidden_state"];
const GIVEN_STATES: &str = "encoder_hidden_states";

/// An encoder, which reads a batch of inputs once, and the decoder that generates from what it made of them.
#[derive(Clone)]
pub struct EncoderDecoder {
    encoder: Arc<dyn Program>,
    decoder: Generator,
}

/// What an encoder made of a batch: the inputs of the decoder that are the same at every step.
#[derive(Clone, Debug, Default)]
pub struct Encoded {
    /// By the decoder's names; the first axis is the batch.
    pub(super) inputs: Tensors,
    /// The tokens that each row was made of, without padding; empty where it was none.
    pub(super) sources: Vec<Vec<i64>>,
}

impl Encoded {
    /// How many inputs were read.
    pub fn rows(&self) -> usize {
        self.sources.len()
    }

    /// The same with row `rows[i]` as row `i`: some rows only, or several of one.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn take_rows(&self, rows: &[usize]) -> Self {
        Self {
            inputs: self.inputs.iter().map(|(name, tensor)| (name.clone(), tensor.take_rows(rows))).collect(),
            sources: rows.iter().map(|&row| self.sources[row].clone()).collect(),
        }
    }
}

impl EncoderDecoder {
    /// Joins both parts; parameters are the decoder's where a call does not set them.
    ///
    /// The decoder takes its tokens as `decoder_input_ids` or `input_ids`, and what else it takes comes from the
    /// encoder: `encoder_hidden_states` are its `last_hidden_state`, the mask of them is its `attention_mask`, anything
    /// else is the output of the same name.
    ///
    /// # Errors
    /// If the decoder takes what the encoder does not give, or nothing of it.
    pub fn new(encoder: Arc<dyn Program>, decoder: Generator) -> Result<Self, GenerateError> {
        let given = encoder.signature();
        decoder.names().check_fit(given, decoder.program().signature(), |name| {
            InputNames::is_encoder_mask(name) || output_for(given, name).is_some()
        })?;
        Ok(Self { encoder, decoder })
    }

    /// Sets what turns tokens into text, which stop strings need.
    pub fn with_text(mut self, text: Arc<dyn Detokenize>) -> Self {
        self.decoder = self.decoder.with_text(text);
        self
    }

    /// The parameters that hold where a call does not set its own.
    pub fn defaults(&self) -> &GenerationConfig {
        self.decoder.defaults()
    }

    /// What the encoder takes and gives.
    pub fn encoder(&self) -> &Signature {
        self.encoder.signature()
    }

    /// Runs the encoder on a batch. An `attention_mask` among its inputs, with padding at 0, is the decoder's too.
    ///
    /// # Errors
    /// If the encoder does not take these inputs, or fails.
    pub fn encode(&self, inputs: &Tensors) -> Result<Encoded, GenerateError> {
        let mut outputs = self.encoder.run(inputs)?;
        let mut encoded = Tensors::new();
        let names = &self.decoder.names().context;
        for name in names.iter().filter(|name| !InputNames::is_encoder_mask(name)) {
            let output = output_for(self.encoder(), name).and_then(|output| outputs.remove(output));
            if let Some(tensor) = output {
                encoded.insert(name.clone(), tensor);
            }
        }
        let first = encoded.values().next().map(Tensor::shape).unwrap_or_default();
        let [rows, positions] = [0, 1].map(|axis| first.get(axis).copied().unwrap_or(0));
        let mask = match inputs.get("attention_mask") {
            Some(mask) => mask.clone(),
            None => Tensor::new([rows, positions], vec![1i64; rows * positions])
                .expect("a mask of ones is as large as its shape"),
        };
        let sources = sources(inputs.get("input_ids"), &mask, rows);
        if let Some(name) = names.iter().find(|name| InputNames::is_encoder_mask(name)) {
            encoded.insert(name.clone(), mask);
        }
        Ok(Encoded { inputs: encoded, sources })
    }

    /// Starts to generate from `encoded`, a row for each of its rows, behind `prompts`: none, for rows that start with
    /// `decoder_start_token_id`, or one each. See [`Generator::start`].
    ///
    /// # Errors
    /// As [`Generator::start`]; also if there are not as many prompts as rows.
    pub fn start(
        &self,
        encoded: Encoded,
        prompts: &[Vec<i64>],
        options: &GenerationConfig,
    ) -> Result<Generation<'_>, GenerateError> {
        self.start_with(encoded, prompts, options, vec![])
    }

    /// As [`start`](Self::start), where `own` change scores too: behind what `options` ask for, before what is drawn
    /// from is chosen.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(
        &self,
        encoded: Encoded,
        prompts: &[Vec<i64>],
        options: &GenerationConfig,
        own: Vec<Box<dyn LogitsProcessor>>,
    ) -> Result<Generation<'_>, GenerateError> {
        let prompts = prompts_for(encoded.rows(), prompts)?;
        self.decoder.start_in(Context { encoded, processors: own, ..Context::default() }, &prompts, options)
    }

    /// Generates from `encoded` to the ends of all rows, in their order; a row's tokens start with its prompt. See
    /// [`start`](Self::start).
    ///
    /// # Errors
    /// As [`start`](Self::start), or that of a step.
    pub fn generate(
        &self,
        encoded: Encoded,
        prompts: &[Vec<i64>],
        options: &GenerationConfig,
    ) -> Result<Vec<Sequence>, GenerateError> {
        self.generate_with(encoded, prompts, options, vec![])
    }

    /// As [`generate`](Self::generate), where `own` change scores too; see [`start_with`](Self::start_with).
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    pub fn generate_with(
        &self,
        encoded: Encoded,
        prompts: &[Vec<i64>],
        options: &GenerationConfig,
        own: Vec<Box<dyn LogitsProcessor>>,
    ) -> Result<Vec<Sequence>, GenerateError> {
        let prompts = prompts_for(encoded.rows(), prompts)?;
        self.decoder.generate_in(
            Context { encoded, processors: own, ..Context::default() },
            &prompts,
            options,
        )
    }

    /// The logits of what follows `prompt` in each row of `encoded`, as the model computes them.
    ///
    /// # Errors
    /// If the decoder fails, or computes what is no number.
    pub fn next_logits(&self, encoded: &Encoded, prompt: &[i64]) -> Result<Vec<Vec<f32>>, GenerateError> {
        let rows = encoded.rows();
        let names = self.decoder.names().clone();
        let mut batch = Batch::new(&vec![prompt.len(); rows], names, encoded.inputs.clone());
        let outputs = self.decoder.program().run(batch.prompts(&vec![prompt; rows], 0))?;
        let logits = outputs.get("logits").and_then(|logits| Some((logits.as_f32()?, logits.shape())));
        let Some((values, &[held, positions, vocabulary])) = logits.filter(|(values, _)| !values.is_empty())
        else {
            let graph = self.decoder.program().signature().name.clone();
            let problem = "output \"logits\": expected f32[batch, sequence, vocabulary]".to_owned();
            return Err(GenerateError::Graph { graph, problem });
        };
        let last = values.chunks_exact(vocabulary).skip(positions - 1).step_by(positions).take(held);
        let check = |(row, scores): (usize, &[f32])| match scores.iter().find(|score| score.is_nan()) {
            Some(&found) => Err(GenerateError::NotFinite { row, generated: 0, found }),
            None => Ok(scores.to_vec()),
        };
        last.enumerate().map(check).collect()
    }
}

/// A prompt for each of so many rows.
fn prompts_for(rows: usize, prompts: &[Vec<i64>]) -> Result<Cow<'_, [Vec<i64>]>, GenerateError> {
    if prompts.is_empty() {
        return Ok(vec![vec![]; rows].into());
    }
    if prompts.len() == rows {
        return Ok(prompts.into());
    }
    let problem = format!("expected a prompt for each of {rows} encoded rows, found {}", prompts.len());
    Err(GenerateError::Prompt { row: prompts.len().min(rows), problem })
}

/// The encoder's output that the decoder takes as `input`.
fn output_for<'s>(encoder: &'s Signature, input: &'s str) -> Option<&'s str> {
    match input {
        GIVEN_STATES => STATES.into_iter().find(|name| encoder.gives(name)),
        other => Some(other).filter(|name| encoder.gives(name)),
    }
}

/// The tokens of each row that are not padding.
fn sources(ids: Option<&Tensor>, mask: &Tensor, rows: usize) -> Vec<Vec<i64>> {
    let (Some(ids), Some(mask)) = (ids.and_then(Tensor::as_i64), mask.as_i64()) else {
        return vec![vec![]; rows];
    };
    let width = ids.len() / rows.max(1);
    let real = |row: usize| {
        let both = ids[row * width..][..width].iter().zip(&mask[row * width..]);
        both.filter(|(_, real)| **real != 0).map(|(&id, _)| id).collect()
    };
    (0..rows).map(real).collect()
}

#[cfg(test)]
mod tests;
