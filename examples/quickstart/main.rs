//! Two real models, end to end: handwritten digits by a vision transformer, sentences by all-MiniLM-L6-v2.
//!
//! `cargo run --release --example quickstart`
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example shows its results")]

mod digits;
mod minilm;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use skillset::{skillset, tasks::Embedding};

/// Embeds sentences.
#[skillset(model = "bert", task = "sentence-similarity", backends(cpu))]
struct SentenceSkill;

const SENTENCES: [&str; 6] = [
    "A man is playing a guitar on stage.",
    "Someone performs music with a guitar.",
    "The stock market fell sharply on Monday.",
    "Shares lost much of their value at the start of the week.",
    "How do I bake bread without yeast?",
    "What is a recipe for bread that needs no yeast?",
];

fn main() -> ExitCode {
    match digits().and_then(|()| sentences()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Classifies the held-out digits and compares with what transformers predicted for each.
fn digits() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/digits");
    let report = digits::classify(&folder)?;
    println!(
        "digits: {} of {} held-out images are right ({:.2} %)",
        report.right,
        report.total,
        report.accuracy()
    );
    println!("        {} predictions differ from transformers'", report.differing);
    println!();
    if report.differing > 0 {
        return Err("the digits should be classified exactly as transformers classifies them".into());
    }
    Ok(())
}

/// Embeds sentences and prints how similar each pair is.
fn sentences() -> Result<(), Box<dyn Error>> {
    let checkpoint = minilm::checkpoint()?;
    let skill = SentenceSkill::from_dir(&checkpoint)?;
    let embeddings: Vec<Embedding> = skill.run_batch(&SENTENCES.map(Into::into))?;

    println!("sentences: cosine similarity by all-MiniLM-L6-v2 on {}", skill.placement().engine);
    print!("{:58}", "");
    (1..=SENTENCES.len()).for_each(|column| print!("{column:>7}"));
    println!();
    for (row, (sentence, embedding)) in SENTENCES.iter().zip(&embeddings).enumerate() {
        print!("{} {sentence:<56}", row + 1);
        embeddings.iter().for_each(|other| print!("{:>7.3}", embedding.cosine(other)));
        println!();
    }
    Ok(())
}
