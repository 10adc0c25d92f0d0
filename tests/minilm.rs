//! Sentence embeddings of the real all-MiniLM-L6-v2 against those of transformers on PyTorch.

#[path = "../examples/quickstart/minilm.rs"]
mod minilm;

use std::fs;
use std::path::Path;

use serde_json::Value;
use skillset::runtime::tensor::file::read_tensors;
use skillset::tasks::Embedding;
use skillset::{Backend, skillset};

#[skillset(model = "bert", task = "sentence-similarity", backends(cpu))]
struct CandleSkill;

#[skillset(model = "bert", task = "sentence-similarity", backends(onnx_cpu))]
struct OnnxSkill;

/// The cosine of two vectors in double precision, as single precision ends near the bound.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn assert_same(backend: Backend, embeddings: &[Embedding], expected: &[f32]) {
    let width = expected.len() / embeddings.len();
    for (row, (embedding, expected)) in embeddings.iter().zip(expected.chunks(width)).enumerate() {
        let cosine = cosine(&embedding.values, expected);
        assert!(cosine >= 0.999_999, "{backend:?}, sentence {row}: cosine {cosine}");
    }
}

#[test]
fn embeddings_of_twenty_sentences_are_those_of_pytorch_on_both_engines() {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines/minilm");
    let listed: Value =
        serde_json::from_str(&fs::read_to_string(recorded.join("sentences.json")).unwrap()).unwrap();
    let sentences: Vec<&str> =
        listed["sentences"].as_array().unwrap().iter().map(|s| s.as_str().unwrap()).collect();
    let expected = read_tensors(&recorded.join("embeddings.safetensors")).unwrap();
    let expected = expected.values().next().unwrap().as_f32().unwrap();
    assert_eq!(sentences.len(), 20);

    let inputs: Vec<_> = sentences.into_iter().map(Into::into).collect();
    let checkpoint = minilm::checkpoint().expect("the checkpoint can be had");
    let candle = CandleSkill::from_dir(&checkpoint).unwrap();
    assert_same(Backend::Cpu, &candle.run_batch(&inputs).unwrap(), expected);
    let onnx = OnnxSkill::from_dir(&checkpoint).unwrap();
    assert_same(Backend::OnnxCpu, &onnx.run_batch(&inputs).unwrap(), expected);
}
