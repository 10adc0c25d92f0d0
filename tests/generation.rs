//! Streams of text with a real tokenizer: what arrives piece by piece is what transformers' pipeline returns whole.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use skillset::registry;
use skillset::runtime::checkpoint::{Checkpoint, Reader};
use skillset::runtime::engine::{EngineKind, EngineOptions};
use skillset::runtime::generate::FinishReason;
use skillset::runtime::harness::fixture::Fixture;
use skillset::runtime::load::Model;
use skillset::tasks::{Pipeline, TaskOptions, TextGenerationOptions, TextGenerator};

/// A tiny LLaMA with a byte-level tokenizer, and what the pipeline made of prompts.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines/llama-text-generation")
}

/// The generator on an engine; the folder holds its checkpoint.
fn open(kind: EngineKind) -> (TextGenerator, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    Fixture::open(folder()).unwrap().write_checkpoint("text-generation", dir.path()).unwrap();
    let checkpoint = Checkpoint::open(dir.path()).unwrap();
    let engine = EngineOptions { kind, ..EngineOptions::default() }.open().unwrap();
    let model = Model::new(registry::architecture("llama").unwrap(), Arc::new(checkpoint), engine);
    (TextGenerator::load(&model).unwrap(), dir)
}

fn options(value: &Value) -> TextGenerationOptions {
    TextGenerationOptions::read(&Reader::new(value, "options").unwrap()).unwrap()
}

/// The recorded calls without beams whose prompt is a text: the prompt, its options, and the text that follows it.
fn recorded() -> Vec<(String, Value, String)> {
    let cases = std::fs::read(folder().join("cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&cases).unwrap();
    let case = |case: &Value| {
        let prompt = case["input"].as_str()?.to_owned();
        let text = case["output"][0]["generated_text"].as_str().unwrap();
        let new = text.strip_prefix(&prompt).unwrap_or(text).to_owned();
        Some((prompt, case["options"].clone(), new))
    };
    cases.iter().filter(|case| case["options"].get("num_beams").is_none()).filter_map(case).collect()
}

fn streams_agree_on(kind: EngineKind) {
    let (generator, _checkpoint) = open(kind);
    let recorded = recorded();
    assert!(recorded.len() >= 8, "{} calls are recorded", recorded.len());
    for (prompt, given, expected) in recorded {
        let (mut pieces, options) = (vec![], options(&given));
        let whole = generator
            .run_streaming(prompt.as_str(), &options, |piece| pieces.push(piece.to_owned()))
            .unwrap();
        assert_eq!(pieces.concat(), expected, "{prompt:?} with {given}");
        assert!(whole.text.ends_with(&expected), "{whole:?}");
        // A piece never ends inside of a character; what never became one comes at the very end.
        let (_, before) = pieces.split_last().unwrap();
        assert!(before.iter().all(|piece| !piece.is_empty() && !piece.ends_with('\u{fffd}')), "{pieces:?}");
    }
}

#[test]
fn streams_of_candle_are_what_transformers_returns() {
    streams_agree_on(EngineKind::Candle);
}

#[test]
fn streams_of_onnxruntime_are_what_transformers_returns() {
    streams_agree_on(EngineKind::Onnx);
}

#[test]
fn a_stop_string_ends_the_stream_with_the_token_that_completes_it() {
    let (generator, _checkpoint) = open(EngineKind::Candle);
    let mut stopped = 0;
    for (prompt, given, expected) in recorded() {
        let Some(stops) = given.get("stop_strings") else { continue };
        let whole = generator.run(prompt.as_str(), &options(&given)).unwrap();
        assert_eq!(whole.finish_reason, FinishReason::StopString, "{prompt:?} with {given}");
        let contains =
            |text: &str| stops.as_array().unwrap().iter().any(|stop| text.contains(stop.as_str().unwrap()));
        assert!(contains(&format!("{prompt}{expected}")), "{expected:?}");
        // One token less, and nothing had stopped it.
        let shorter = json!({ "max_new_tokens": whole.token_ids.len() - 1, "stop_strings": stops });
        if whole.token_ids.len() > 1 {
            let before = generator.run(prompt.as_str(), &options(&shorter)).unwrap();
            assert_eq!(before.finish_reason, FinishReason::Length);
            assert!(!contains(&before.text), "{before:?}");
        }
        stopped += 1;
    }
    assert!(stopped >= 4, "{stopped} recorded calls have stop strings");
}

#[test]
fn a_stream_that_is_dropped_early_runs_no_further() {
    let (generator, _checkpoint) = open(EngineKind::Candle);
    let (prompt, given, expected) = recorded().swap_remove(0);
    let mut stream = generator.stream(prompt.as_str(), &options(&given)).unwrap();
    let first = stream.next().unwrap().unwrap();
    assert!(expected.starts_with(&first), "{first:?}");
    let sequence = stream.into_sequence();
    assert_eq!(sequence.finish, None);
    assert!(sequence.new_tokens().len() < given["max_new_tokens"].as_u64().unwrap() as usize);
}
