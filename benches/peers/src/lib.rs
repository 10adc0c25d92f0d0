//! What the Rust contestants of `cargo xtask bench` share: the protocol by which the driver leads them.
//!
//! A contestant is a process that is started with the directory of a checkpoint, loads it, and says
//! `{"load_seconds": …}`. Then it answers commands, one JSON object a line, until its standard input ends:
//!
//! ```text
//! {"op": "run", "inputs": FILE, "repetitions": N, "output": FILE or null}   → {"seconds": [N times]}
//! {"op": "generate", "inputs": FILE, "new_tokens": N}                       → {"seconds": [N times], "tokens": […]}
//! ```
//!
//! Inputs and the output of the last repetition are safetensors files. The first of the `seconds` of a
//! generation is that of the prompt. While it waits, a contestant does nothing.

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

/// What a contestant gives, or why it cannot.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A model that has been loaded.
pub trait Contestant {
    /// Inputs in the form that the model takes.
    type Inputs;
    /// The last hidden state in the form that the model gives.
    type Output;

    /// Reads inputs; not timed.
    ///
    /// # Errors
    /// If the file cannot be read.
    fn read(&self, path: &Path) -> Result<Self::Inputs>;

    /// Runs the model once.
    ///
    /// # Errors
    /// If the model fails.
    fn forward(&self, inputs: &Self::Inputs) -> Result<Self::Output>;

    /// Writes an output as `last_hidden_state`; not timed.
    ///
    /// # Errors
    /// If the file cannot be written.
    fn write(&self, output: Self::Output, path: &Path) -> Result<()>;

    /// Continues the prompt `input_ids` greedily and hands over each token when it is there.
    ///
    /// # Errors
    /// If the model fails, or generates nothing.
    fn generate(
        &self,
        _inputs: &Self::Inputs,
        _new_tokens: usize,
        _on_token: &mut dyn FnMut(i64),
    ) -> Result<()> {
        Err("this contestant does not generate".into())
    }
}

/// What the driver asks for.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Command {
    Run { inputs: PathBuf, repetitions: usize, output: Option<PathBuf> },
    Generate { inputs: PathBuf, new_tokens: usize },
}

/// Loads a contestant and answers the driver until it has no more commands.
///
/// # Errors
/// The first that occurs; the driver shows it.
pub fn serve<C: Contestant>(load: impl FnOnce() -> Result<C>) -> Result<()> {
    let start = Instant::now();
    let contestant = load()?;
    say(&json!({ "load_seconds": start.elapsed().as_secs_f64() }))?;
    for line in io::stdin().lock().lines() {
        let answer = match serde_json::from_str(&line?)? {
            Command::Run { inputs, repetitions, output } => {
                run(&contestant, &inputs, repetitions, output.as_deref())
            }
            Command::Generate { inputs, new_tokens } => generate(&contestant, &inputs, new_tokens),
        }?;
        say(&answer)?;
    }
    Ok(())
}

fn say(answer: &Value) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{answer}")?;
    stdout.flush()
}

fn run<C: Contestant>(
    contestant: &C,
    inputs: &Path,
    repetitions: usize,
    file: Option<&Path>,
) -> Result<Value> {
    let inputs = contestant.read(inputs)?;
    let mut seconds = Vec::with_capacity(repetitions);
    let mut last = None;
    for _ in 0..repetitions {
        let start = Instant::now();
        let output = contestant.forward(&inputs)?;
        seconds.push(start.elapsed().as_secs_f64());
        last = Some(output);
    }
    if let (Some(output), Some(file)) = (last, file) {
        contestant.write(output, file)?;
    }
    Ok(json!({ "seconds": seconds }))
}

fn generate<C: Contestant>(contestant: &C, inputs: &Path, new_tokens: usize) -> Result<Value> {
    let inputs = contestant.read(inputs)?;
    let (mut seconds, mut tokens) = (vec![], vec![]);
    let mut start = Instant::now();
    contestant.generate(&inputs, new_tokens, &mut |token| {
        seconds.push(start.elapsed().as_secs_f64());
        tokens.push(token);
        start = Instant::now();
    })?;
    Ok(json!({ "seconds": seconds, "tokens": tokens }))
}
