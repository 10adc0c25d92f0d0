//! The loop, over a program that counts.

use std::sync::{Arc, Mutex};

use super::*;
use crate::engine::{EngineError, Program, Session, Signature, Tensors, bind_inputs};
use crate::ir::{Builder, DType, Dim, Request};
use crate::tensor::Tensor;

const VOCABULARY: usize = 10;

/// A program whose next token is the sum of a row's real tokens plus the last position, modulo the
/// vocabulary. It sees the past only by what the session saw, and padding only by the mask.
struct Sum {
    signature: Signature,
    /// The logit of the next token; the others have 0.
    winner: f32,
    /// Batch and capacity of the sessions.
    sessions: Mutex<Vec<(usize, usize)>>,
}

impl Sum {
    fn new(inputs: &[&str], winner: f32) -> Self {
        let inputs = inputs.iter().map(|&name| name.to_owned()).collect();
        let builder = Builder::new("sum", &Request { inputs, cache: true, ..Request::default() });
        let g = builder.root();
        let (batch, sequence) = (Dim::symbol("batch"), Dim::symbol("sequence"));
        let ids = g.input("input_ids", DType::I64, &[batch.clone(), sequence.clone()]);
        g.optional_input("attention_mask", DType::I64, &[batch.clone(), g.past() + sequence.clone()]);
        g.optional_input("position_ids", DType::I64, &[batch.clone(), sequence.clone()]);
        let x = g.cast(ids, DType::F32);
        let x = g.reshape(x, &[batch, Dim::from(1), sequence, Dim::from(1)]);
        g.cached(0, "key", x);
        g.output("logits", x);
        Self { signature: Signature::from(&builder.finish().unwrap()), winner, sessions: Mutex::default() }
    }
}

impl Program for Sum {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn run(&self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        let rows = inputs["input_ids"].shape()[0];
        SumSession { program: self, seen: vec![vec![]; rows], capacity: usize::MAX }.step(inputs)
    }

    fn session(&self, batch: usize, capacity: usize) -> Result<Box<dyn Session + '_>, EngineError> {
        self.sessions.lock().unwrap().push((batch, capacity));
        Ok(Box::new(SumSession { program: self, seen: vec![vec![]; batch], capacity }))
    }
}

struct SumSession<'p> {
    program: &'p Sum,
    seen: Vec<Vec<i64>>,
    capacity: usize,
}

impl Session for SumSession<'_> {
    fn step(&mut self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        bind_inputs(&self.program.signature, inputs, self.past())?;
        let ids = &inputs["input_ids"];
        let (rows, length) = (ids.shape()[0], ids.shape()[1]);
        let mut logits = vec![0.0; rows * length * VOCABULARY];
        for (row, seen) in self.seen.iter_mut().enumerate() {
            seen.extend(&ids.as_i64().unwrap()[row * length..][..length]);
            assert!(seen.len() <= self.capacity);
            let real = |position: usize| match inputs.get("attention_mask") {
                Some(mask) => mask.as_i64().unwrap()[row * seen.len() + position] == 1,
                None => true,
            };
            let sum: i64 = (0..seen.len()).filter(|&i| real(i)).map(|i| seen[i]).sum();
            let position = match inputs.get("position_ids") {
                Some(positions) => positions.as_i64().unwrap()[row * length + length - 1],
                None => seen.len() as i64 - 1,
            };
            let next = ((sum + position) % VOCABULARY as i64) as usize;
            logits[((row + 1) * length - 1) * VOCABULARY + next] = self.program.winner;
        }
        let logits = Tensor::new([rows, length, VOCABULARY], logits).unwrap();
        Ok(Tensors::from([("logits".to_owned(), logits)]))
    }

    fn reorder(&mut self, rows: &[usize]) -> Result<(), EngineError> {
        self.seen = rows.iter().map(|&row| self.seen[row].clone()).collect();
        Ok(())
    }

    fn past(&self) -> usize {
        self.seen[0].len()
    }
}

const BOTH: &[&str] = &["attention_mask", "position_ids"];

fn generator(inputs: &[&str]) -> (Arc<Sum>, Generator) {
    let program = Arc::new(Sum::new(inputs, 1.0));
    (program.clone(), Generator::new(program, GenerationConfig::default()).unwrap())
}

/// What the program says by its definition, without a cache.
fn expected(prompt: &[i64], new: usize) -> Vec<i64> {
    let mut tokens = prompt.to_vec();
    for _ in 0..new {
        tokens.push((tokens.iter().sum::<i64>() + tokens.len() as i64 - 1) % VOCABULARY as i64);
    }
    tokens.split_off(prompt.len())
}

#[test]
fn padded_rows_go_on_as_they_do_alone() {
    let prompts = [vec![3], vec![1, 2, 3, 4], vec![5, 5]];
    let (program, generator) = generator(BOTH);
    let rows = generator.generate(&prompts, &GenerationConfig::greedy(6)).unwrap();
    for (row, prompt) in rows.iter().zip(&prompts) {
        assert_eq!(row.new_tokens(), expected(prompt, 6));
        assert_eq!(row.finish, Some(FinishReason::Length));
    }
    assert_eq!(*program.sessions.lock().unwrap(), [(3, 4 + 6 - 1)]);
}

#[test]
fn without_a_cache_every_step_runs_all_positions() {
    let prompts = [vec![3], vec![1, 2, 3, 4], vec![5, 5]];
    let (program, generator) = generator(BOTH);
    let options = GenerationConfig { use_cache: Some(false), ..GenerationConfig::greedy(6) };
    let rows = generator.generate(&prompts, &options).unwrap();
    for (row, prompt) in rows.iter().zip(&prompts) {
        assert_eq!(row.new_tokens(), expected(prompt, 6));
    }
    assert_eq!(*program.sessions.lock().unwrap(), []);
}

#[test]
fn rows_end_by_themselves_while_others_go_on() {
    let prompts = [vec![3], vec![1, 2]];
    let (_, generator) = generator(BOTH);
    // 3 is followed by 3, 7 (3 + 3 + 1), 5, …; 1, 2 by 4, 9, …
    let options = GenerationConfig { eos_token_id: Some(vec![7]), ..GenerationConfig::greedy(5) };
    let mut steps = vec![];
    let rows = generator.generate_with(&prompts, &options, |step| steps.push(step.clone())).unwrap();
    assert_eq!((rows[0].new_tokens(), rows[0].finish), (&[3i64, 7][..], Some(FinishReason::EndToken)));
    assert_eq!(rows[1].new_tokens(), expected(&prompts[1], 5));
    assert_eq!(steps.iter().map(|step| step.tokens.len()).collect::<Vec<_>>(), [2, 2, 1, 1, 1]);
    assert_eq!(steps[1].tokens[0], NewToken { row: 0, id: 7, finish: Some(FinishReason::EndToken) });
    let min = GenerationConfig { min_new_tokens: Some(3), ..options };
    assert_ne!(generator.generate(&prompts[..1], &min).unwrap()[0].new_tokens()[1], 7);
}

#[test]
fn lengths() {
    let (_, generator) = generator(&[]);
    let new = |generator: &Generator, options: GenerationConfig| {
        generator.generate(&[vec![1, 2, 3]], &options).map(|rows| rows[0].new_tokens().len())
    };
    let set = GenerationConfig::default;
    assert_eq!(new(&generator, set()).unwrap(), 20);
    assert_eq!(new(&generator, GenerationConfig { max_length: Some(5), ..set() }).unwrap(), 2);
    let both = GenerationConfig { max_length: Some(5), max_new_tokens: Some(4), ..set() };
    assert_eq!(new(&generator, both).unwrap(), 4);
    assert_eq!(
        new(&generator, GenerationConfig { max_length: Some(3), ..set() }).unwrap_err().to_string(),
        "generation option max_length: expected more than the prompt's 3 tokens, found 3; raise it, or set \
         max_new_tokens"
    );
    let short = generator.clone().with_max_positions(Some(8));
    assert_eq!(new(&short, set()).unwrap(), 5);
    let full = generator.with_max_positions(Some(3));
    assert_eq!(
        new(&full, set()).unwrap_err().to_string(),
        "prompt 0: its 3 tokens leave no position of the model's 3 to generate at; shorten it"
    );
}

#[test]
fn samples_depend_on_the_seed_and_the_row_alone() {
    let (_, generator) = generator(BOTH);
    let options = GenerationConfig {
        do_sample: Some(true),
        seed: Some(5),
        max_new_tokens: Some(12),
        ..GenerationConfig::default()
    };
    let rows = generator.generate(&[vec![1, 2], vec![1, 2], vec![4]], &options).unwrap();
    assert_ne!(rows[0], rows[1]);
    assert_eq!(generator.generate(&[vec![1, 2]], &options).unwrap()[0], rows[0]);
    let later = GenerationConfig { seed: Some(7), ..options };
    assert_eq!(generator.generate(&[vec![4]], &later).unwrap()[0], rows[2]);
}

#[test]
fn a_prompt_runs_once_for_all_its_samples() {
    let (program, generator) = generator(BOTH);
    let options = GenerationConfig {
        do_sample: Some(true),
        num_return_sequences: Some(2),
        seed: Some(5),
        max_new_tokens: Some(6),
        ..GenerationConfig::default()
    };
    let prompts = [vec![1, 2], vec![4]];
    let rows = generator.generate(&prompts, &options).unwrap();
    assert_eq!(
        rows.iter().map(|row| &row.tokens[..row.prompt]).collect::<Vec<_>>(),
        [&[1, 2][..], &[1, 2], &[4], &[4]]
    );
    assert_ne!(rows[0], rows[1]);
    assert_eq!(program.sessions.lock().unwrap().last(), Some(&(2, 7)));
    let one_by_one = GenerationConfig { num_return_sequences: None, ..options };
    let repeated = [vec![1, 2], vec![1, 2], vec![4], vec![4]];
    assert_eq!(generator.generate(&repeated, &one_by_one).unwrap(), rows);
}

#[test]
fn beams_of_a_prompt_are_what_they_are_alone() {
    let prompts = [vec![3], vec![1, 2, 3, 4], vec![5, 5]];
    let (_, generator) = generator(BOTH);
    for do_sample in [false, true] {
        let options = GenerationConfig {
            num_beams: Some(3),
            num_return_sequences: Some(2),
            eos_token_id: Some(vec![7, 2]),
            do_sample: Some(do_sample),
            seed: Some(3),
            ..GenerationConfig::greedy(6)
        };
        let together = generator.generate(&prompts, &options).unwrap();
        for (index, prompt) in prompts.iter().enumerate() {
            let seed = Some(3 + 2 * index as i64);
            let options = GenerationConfig { seed, ..options.clone() };
            let alone = generator.generate(std::slice::from_ref(prompt), &options).unwrap();
            assert_eq!(together[2 * index..][..2], alone);
            assert!(alone[0].score >= alone[1].score || do_sample, "{alone:?}");
            assert!(alone.iter().all(|row| row.finish.is_some() && row.prompt == prompt.len()));
        }
        let uncached = GenerationConfig { use_cache: Some(false), ..options };
        assert_eq!(generator.generate(&prompts, &uncached).unwrap(), together);
    }
}

#[test]
fn beams_give_no_steps() {
    let (_, generator) = generator(&[]);
    let beams = |num_beams, num_return_sequences| GenerationConfig {
        num_beams,
        num_return_sequences,
        ..GenerationConfig::greedy(2)
    };
    let error = |result: Result<Vec<Sequence>, GenerateError>| result.unwrap_err().to_string();
    assert_eq!(
        error(generator.generate_with(&[vec![1]], &beams(Some(4), None), |_| {})),
        "generation option num_beams: expected 1 to generate step by step, found 4; which tokens beams keep is known at \
         the end only"
    );
    assert_eq!(
        error(generator.generate(&[vec![1]], &beams(Some(4), Some(5)))),
        "generation option num_return_sequences: expected at most the 4 of num_beams, found 5"
    );
    assert_eq!(
        error(generator.generate(&[vec![1]], &beams(None, Some(2)))),
        "generation option num_return_sequences: expected 1, as greedy decoding gives only one (set do_sample, or \
         num_beams), found 2"
    );
    assert_eq!(
        error(generator.generate(&[vec![1]], &beams(Some(0), None))),
        "generation option num_beams: expected a number from 1 to 65536, found 0"
    );
    assert_eq!(generator.generate(&[], &beams(Some(2), None)).unwrap(), []);
}

#[test]
fn what_cannot_be_generated() {
    let (_, plain) = generator(&[]);
    let error = plain.generate(&[vec![1], vec![1, 2]], &GenerationConfig::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "sum: prompts of different lengths need the inputs \"attention_mask\" and \"position_ids\", and it was \
         built without them"
    );
    let error = plain.generate(&[vec![]], &GenerationConfig::default()).unwrap_err();
    assert_eq!(error.to_string(), "prompt 0: it is empty and the model has no bos_token_id to start with");
    let with_start = GenerationConfig { bos_token_id: Some(1), ..GenerationConfig::greedy(2) };
    assert_eq!(plain.generate(&[vec![]], &with_start).unwrap()[0].tokens, [1, 1, 3]);
    assert_eq!(plain.generate(&[], &GenerationConfig::default()).unwrap(), []);

    let broken = Arc::new(Sum::new(&[], f32::NAN));
    let broken = Generator::new(broken, GenerationConfig::default()).unwrap();
    let mut generation = broken.start(&[vec![1]], &GenerationConfig::default()).unwrap();
    assert_eq!(
        generation.next().unwrap().unwrap_err().to_string(),
        "the model produced NaN in output \"logits\" of row 0 after 0 new tokens; its weights are damaged, or too \
         large for the precision it runs in"
    );
    assert!(generation.next().is_none());
}
