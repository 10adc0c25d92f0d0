//! Settings of the attribute: applied to every call, and below the call's own options.

use skillset::skillset;
use skillset::tasks::{Embedding, TextGenerationOptions};

use crate::support::{checkpoint, recorded};

#[skillset(model = "bert", task = "feature-extraction", backends(cpu))]
struct Features;

#[skillset(model = "bert", task = "feature-extraction", backends(cpu), max_length = 6)]
struct Short;

#[skillset(model = "bert", task = "sentence-similarity", backends(cpu))]
struct Mean;

#[skillset(model = "bert", task = "sentence-similarity", backends(cpu), pooling = "cls")]
struct First;

#[skillset(model = "bert", task = "sentence-similarity", backends(cpu), normalize = true, max_length = 6)]
struct Unit;

#[skillset(
    model = "llama",
    task = "text-generation",
    backends(cpu),
    generation(max_new_tokens = 12, do_sample = false)
)]
struct Writer;

#[skillset(
    model = "llama",
    task = "text-generation",
    backends(cpu),
    generation(max_new_tokens = 12, num_beams = 3, length_penalty = -2, do_sample = false)
)]
struct Searcher;

const TEXT: &str = "The river is calm and the museum is closed.";

fn length(embedding: &Embedding) -> f32 {
    embedding.values.iter().map(|x| x * x).sum::<f32>().sqrt()
}

#[test]
fn texts_are_cut_to_the_length_that_was_set() {
    let folder = checkpoint("bert-feature-extraction");
    let (full, short) = (Features::from_dir(folder.path()).unwrap(), Short::from_dir(folder.path()).unwrap());
    assert!(full.run(TEXT).unwrap().vectors().len() > 6);
    assert_eq!(short.run(TEXT).unwrap().vectors().len(), 6);
    // More tokens than the model has positions for.
    let long = TEXT.repeat(20);
    assert!(full.run(long.as_str()).is_err());
    assert_eq!(short.run(long.as_str()).unwrap(), short.run(TEXT).unwrap());
}

#[test]
fn embeddings_are_pooled_and_scaled_as_was_set() {
    let folder = checkpoint("bert-feature-extraction");
    let features = Features::from_dir(folder.path()).unwrap().run(TEXT).unwrap();
    let first = First::from_dir(folder.path()).unwrap().run(TEXT).unwrap();
    assert_eq!(Some(first.values.as_slice()), features.vectors().next());
    let mean = Mean::from_dir(folder.path()).unwrap().run(TEXT).unwrap();
    let unit = Unit::from_dir(folder.path()).unwrap().run(TEXT).unwrap();
    assert!((length(&mean) - 1.0).abs() > 1e-2, "a mean has the length 1 by chance only");
    assert!((length(&unit) - 1.0).abs() < 1e-5);
}

#[test]
fn a_call_wins_over_the_attribute_and_the_attribute_over_the_checkpoint() {
    let folder = checkpoint("llama-text-generation");
    let writer = Writer::from_dir(folder.path()).unwrap();
    let generated = writer.run("Once upon a time").unwrap();
    // The recorded call asked for as many tokens; the checkpoint's own default is another.
    assert_eq!(generated.text, recorded("llama-text-generation", "Once upon a time")[0]["generated_text"]);
    assert_eq!(generated.token_ids.len(), 12);
    let mut options = TextGenerationOptions::default();
    options.generation.max_new_tokens = Some(5);
    assert_eq!(writer.run_with("Once upon a time", &options).unwrap().token_ids, generated.token_ids[..5]);
}

#[test]
fn beams_of_the_attribute_are_those_that_a_call_can_ask_for() {
    let folder = checkpoint("llama-text-generation");
    let (writer, searcher) =
        (Writer::from_dir(folder.path()).unwrap(), Searcher::from_dir(folder.path()).unwrap());
    let mut options = TextGenerationOptions::default();
    options.generation.num_beams = Some(3);
    options.generation.length_penalty = Some(-2.0);
    let found = searcher.run("Once upon a time").unwrap();
    assert_eq!(found, writer.run_with("Once upon a time", &options).unwrap());
    assert_ne!(found, writer.run("Once upon a time").unwrap());
}
