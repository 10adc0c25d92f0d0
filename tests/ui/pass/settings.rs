//! Settings of the task.

use skillset::Skilled;
use skillset::runtime::generate::GenerationConfig;
use skillset::skillset;
use skillset::tasks::{EmbeddingSettings, PoolingMode};

#[skillset(
    model = "bert",
    task = "sentence-similarity",
    backends(cpu),
    max_length = 256,
    pooling = "cls",
    normalize = true
)]
struct Embedder;

#[skillset(
    model = "llama",
    task = "text-generation",
    backends(cpu),
    generation(
        max_new_tokens = 64usize,
        temperature = 1,
        top_k = 5,
        top_p = 0.9,
        min_p = 0.05,
        repetition_penalty = 1.1,
        seed = -7,
    )
)]
struct Writer;

#[skillset(model = "llama", task = "text-generation", backends(cpu), generation(do_sample = false))]
struct Greedy;

#[test]
fn settings_are_typed() {
    let expected = EmbeddingSettings {
        max_length: std::num::NonZeroUsize::new(256),
        pooling: Some(PoolingMode::Cls),
        normalize: Some(true),
    };
    assert_eq!(Embedder::settings(), expected);
    let expected = GenerationConfig {
        max_new_tokens: Some(64),
        // Who names a temperature wants tokens to be drawn.
        do_sample: Some(true),
        temperature: Some(1.0),
        top_k: Some(5),
        top_p: Some(0.9),
        min_p: Some(0.05),
        repetition_penalty: Some(1.1),
        seed: Some(-7),
        ..GenerationConfig::default()
    };
    assert_eq!(Writer::settings(), expected);
    assert_eq!(
        Greedy::settings(),
        GenerationConfig { do_sample: Some(false), ..GenerationConfig::default() }
    );
}
