//! What generates: a program and its parameters.

use std::sync::Arc;

use super::GenerationConfig;
use super::batch::Batch;
use super::beam;
use super::decoding::Decoding;
use super::encoder_decoder::Encoded;
use super::error::GenerateError;
use super::generation::{Generation, Row, Sequence};
use super::inputs::{ALONE, InputNames};
use super::logits::{LogitsProcessor, processors};
use super::recompute::Recomputing;
use super::sampler::Sampler;
use super::stop::{Detokenize, StopCriteria};
use crate::engine::{Program, Session, Tensors};

/// What a call gives beside prompts and parameters.
#[derive(Default)]
pub(super) struct Context {
    /// What an encoder made, a row for each prompt; without an encoder none.
    pub encoded: Encoded,
    /// What stands in the place of tokens of the prompts.
    pub placed: Tensors,
    /// What changes scores beside what the parameters ask for.
    pub processors: Vec<Box<dyn LogitsProcessor>>,
}

/// Continues prompts with one program.
#[derive(Clone)]
pub struct Generator {
    program: Arc<dyn Program>,
    names: InputNames,
    defaults: GenerationConfig,
    max_positions: Option<usize>,
    positions_follow: bool,
    text: Option<Arc<dyn Detokenize>>,
}

impl Generator {
    /// A generator whose parameters are `defaults` where a call does not set them.
    ///
    /// The program's graph takes `input_ids` and gives `logits`; it needs `attention_mask` and `position_ids` to
    /// continue prompts of different lengths together. One that keeps no cache runs all positions at every step.
    ///
    /// # Errors
    /// If the graph has no such input or output, or takes anything else, as a decoder behind an encoder does: see
    /// [`EncoderDecoder`](super::EncoderDecoder).
    pub fn new(program: Arc<dyn Program>, defaults: GenerationConfig) -> Result<Self, GenerateError> {
        let generator = Self::behind_encoder(program, defaults)?;
        let signature = generator.program.signature();
        let Some(unknown) = signature.inputs.iter().find(|input| !ALONE.contains(&&*input.name)) else {
            return Ok(generator);
        };
        let hint =
            if unknown.name.starts_with("encoder") { "it is the decoder behind an encoder; " } else { "" };
        Err(GenerateError::Graph {
            graph: signature.name.clone(),
            problem: format!(
                "{hint}expected inputs among {}, found {:?}; its inputs are {}",
                ALONE.join(", "),
                unknown.name,
                signature.list_inputs()
            ),
        })
    }

    /// As [`new`](Self::new) for a decoder that may take more, which [`EncoderDecoder`](super::EncoderDecoder) or
    /// [`MultimodalGenerator`](super::MultimodalGenerator) give it: it generates joined with its encoder only.
    ///
    /// # Errors
    /// If the graph takes no tokens or gives no `logits`.
    pub fn behind_encoder(
        program: Arc<dyn Program>,
        defaults: GenerationConfig,
    ) -> Result<Self, GenerateError> {
        let names = InputNames::of(program.signature())?;
        Ok(Self { program, names, defaults, max_positions: None, positions_follow: false, text: None })
    }

    /// What runs each step.
    pub(super) fn program(&self) -> &dyn Program {
        &*self.program
    }

    /// What it calls the inputs of a step.
    pub(super) fn names(&self) -> &InputNames {
        &self.names
    }

    /// The same, where what the graph takes beside tokens, mask and positions stands in the place of tokens.
    pub(super) fn placing(self) -> Self {
        Self { names: self.names.placing(), ..self }
    }

    /// Sets the number of positions that the model has (`max_position_embeddings`). It bounds how much is
    /// generated where no length was asked for.
    pub fn with_max_positions(mut self, max_positions: Option<usize>) -> Self {
        self.max_positions = max_positions;
        self
    }

    /// Says that the model takes no positions, so that those it has, if any, follow from the `attention_mask`: then that
    /// is enough to continue prompts of different lengths together.
    pub fn with_positions_of_mask(mut self, positions_follow: bool) -> Self {
        self.positions_follow = positions_follow;
        self
    }

    /// Sets what turns tokens into text, which stop strings need.
    pub fn with_text(mut self, text: Arc<dyn Detokenize>) -> Self {
        self.text = Some(text);
        self
    }

    /// The parameters that hold where a call does not set its own.
    pub fn defaults(&self) -> &GenerationConfig {
        &self.defaults
    }

    /// The most new tokens that prompts of the padded length `prompt` get, by the merged parameters `config`.
    fn max_new_tokens(&self, config: &GenerationConfig, prompt: usize) -> Result<usize, GenerateError> {
        match (config.max_new_tokens, config.max_length) {
            (Some(new), _) => Ok(new),
            (None, Some(length)) if length > prompt => Ok(length - prompt),
            (None, Some(length)) => Err(GenerateError::Option {
                field: "max_length",
                problem: format!(
                    "expected more than the prompt's {prompt} tokens, found {length}; raise it, or set max_new_tokens"
                ),
            }),
            (None, None) => {
                let left = self.max_positions.map_or(usize::MAX, |max| max.saturating_sub(prompt));
                if left == 0 {
                    let problem = format!(
                        "its {prompt} tokens leave no position of the model's {} to generate at; shorten it",
                        self.max_positions.unwrap_or(prompt)
                    );
                    return Err(GenerateError::Prompt { row: 0, problem });
                }
                Ok(left.min(GenerationConfig::DEFAULT_NEW_TOKENS))
            }
        }
    }

    /// Starts to continue `prompts`, which are token ids without padding. Parameters that `options` does not
    /// set are the generator's. Prompt `i` is continued by the `n` rows from `n · i` on, where `n` is
    /// `num_return_sequences`. With a seed, row `i` draws by the seed `seed + i`, whatever the other rows are.
    ///
    /// # Errors
    /// If a parameter makes no sense, beams are asked for, a prompt is empty and there is no token to start with, or
    /// a session cannot be had. The steps themselves report their own errors.
    pub fn start(
        &self,
        prompts: &[Vec<i64>],
        options: &GenerationConfig,
    ) -> Result<Generation<'_>, GenerateError> {
        self.start_in(Context::default(), prompts, options)
    }

    /// As [`start`](Self::start), in a context.
    pub(super) fn start_in(
        &self,
        context: Context,
        prompts: &[Vec<i64>],
        options: &GenerationConfig,
    ) -> Result<Generation<'_>, GenerateError> {
        let config = self.config(options)?;
        if config.num_beams() > 1 {
            let problem = format!(
                "expected 1 to generate step by step, found {}; which tokens beams keep is known at the end only",
                config.num_beams()
            );
            return Err(GenerateError::Option { field: "num_beams", problem });
        }
        let prompts = self.started(prompts, &config)?;
        let copies = config.num_return_sequences();
        let decoding = self.decoding(context, &prompts, &config, copies)?;
        let row = |(row, prompt): (usize, &Vec<i64>)| {
            let seed = config.seed.map(|seed| (seed as u64).wrapping_add(row as u64));
            let sampler = if config.do_sample() { Sampler::multinomial(seed) } else { Sampler::Greedy };
            Row::new(prompt.clone(), sampler)
        };
        let rows = prompts.iter().flat_map(|prompt| std::iter::repeat_n(prompt, copies));
        Ok(Generation { decoding: Some(decoding), rows: rows.enumerate().map(row).collect() })
    }

    /// Continues `prompts` to their ends: `num_return_sequences` sequences each, in the order of the prompts and,
    /// with beams, the best one first. See [`start`](Self::start). Beam sampling draws for prompt `i` by the seed
    /// `seed + n · i`.
    ///
    /// # Errors
    /// As [`start`](Self::start), or that of a step.
    pub fn generate(
        &self,
        prompts: &[Vec<i64>],
        options: &GenerationConfig,
    ) -> Result<Vec<Sequence>, GenerateError> {
        self.generate_in(Context::default(), prompts, options)
    }

    /// As [`generate`](Self::generate), in a context.
    pub(super) fn generate_in(
        &self,
        context: Context,
        prompts: &[Vec<i64>],
        options: &GenerationConfig,
    ) -> Result<Vec<Sequence>, GenerateError> {
        let config = self.config(options)?;
        if config.num_beams() == 1 {
            return self.start_in(context, prompts, options)?.run_to_end(|_| {});
        }
        let prompts = self.started(prompts, &config)?;
        let decoding = self.decoding(context, &prompts, &config, config.num_beams())?;
        beam::search(decoding, prompts, &config)
    }

    /// As [`generate`](Self::generate), and hands each step's tokens to `on_step` at once.
    ///
    /// # Errors
    /// As [`generate`](Self::generate), and if beams are asked for.
    pub fn generate_with(
        &self,
        prompts: &[Vec<i64>],
        options: &GenerationConfig,
        on_step: impl FnMut(&super::Step),
    ) -> Result<Vec<Sequence>, GenerateError> {
        self.start(prompts, options)?.run_to_end(on_step)
    }

    /// A call's parameters over the generator's.
    fn config(&self, options: &GenerationConfig) -> Result<GenerationConfig, GenerateError> {
        let config = options.clone().or(&self.defaults);
        config.check()?;
        Ok(config)
    }

    /// What continues each of `prompts` by `copies` rows.
    fn decoding(
        &self,
        context: Context,
        prompts: &[Vec<i64>],
        config: &GenerationConfig,
        copies: usize,
    ) -> Result<Decoding<'_>, GenerateError> {
        let lengths: Vec<usize> = prompts.iter().map(Vec::len).collect();
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let max_new_tokens = self.max_new_tokens(config, longest)?;
        let keeps_no_cache = config.use_cache == Some(false) || !self.program.signature().has_state;
        let Encoded { mut inputs, sources } = context.encoded;
        inputs.extend(context.placed);
        let mut batch = self.batch(&lengths, inputs)?;
        if keeps_no_cache {
            // Every step runs the prompts again.
            batch = batch.placing_always();
        }
        let eos = config.eos_token_id.clone().unwrap_or_default();
        let strings = match config.stop_strings.clone().filter(|strings| !strings.is_empty()) {
            None => None,
            Some(strings) => {
                let text = self.text.as_deref().ok_or_else(|| GenerateError::Option {
                    field: "stop_strings",
                    problem: "they need a tokenizer, and there is none".to_owned(),
                })?;
                Some((text, strings))
            }
        };
        // Without prompts there is nothing to keep.
        let session: Box<dyn Session> = match prompts.is_empty() || keeps_no_cache {
            true => Box::new(Recomputing::new(&*self.program, &self.names)),
            // The last new token is never run, so the cache holds one position less than the longest row.
            false => self.program.session(prompts.len(), longest + max_new_tokens - 1)?,
        };
        Ok(Decoding {
            graph: &self.program.signature().name,
            session,
            batch,
            sources,
            copies,
            // Without padding token and end tokens prompts are padded with any token: they are masked.
            pad: config.pad_token_id.or(eos.first().copied()).unwrap_or(0),
            processors: processors(config, longest, max_new_tokens, &eos, context.processors),
            stop: StopCriteria { eos, max_new_tokens, strings },
        })
    }

    /// The prompts, where empty ones are what every text starts with.
    fn started(
        &self,
        prompts: &[Vec<i64>],
        config: &GenerationConfig,
    ) -> Result<Vec<Vec<i64>>, GenerateError> {
        let (start, needed) = match self.names.context.is_empty() {
            true => (config.bos_token_id, "bos_token_id"),
            false => (
                config.decoder_start_token_id.or(config.bos_token_id),
                "decoder_start_token_id or bos_token_id",
            ),
        };
        let begin = |(row, prompt): (usize, &Vec<i64>)| match (prompt.is_empty(), start) {
            (false, _) => Ok(prompt.clone()),
            (true, Some(start)) => Ok(vec![start]),
            (true, None) => {
                let problem = format!("it is empty and the model has no {needed} to start with");
                Err(GenerateError::Prompt { row, problem })
            }
        };
        prompts.iter().enumerate().map(begin).collect()
    }

    fn batch(&self, lengths: &[usize], context: Tensors) -> Result<Batch, GenerateError> {
        let names = &self.names;
        let uneven = lengths.windows(2).any(|pair| pair[0] != pair[1]);
        let has_positions = names.positions.is_some() || self.positions_follow;
        if uneven && !(names.mask.is_some() && has_positions) {
            return Err(GenerateError::Graph {
                graph: self.program.signature().name.clone(),
                problem: "prompts of different lengths need the inputs \"attention_mask\" and \"position_ids\", and \
                          it was built without them"
                    .to_owned(),
            });
        }
        Ok(Batch::new(lengths, names.clone(), context))
    }
}
