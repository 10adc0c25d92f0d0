//! Audio models that torch.onnx exported, under `tests/audio/`: what tasks make of recordings is what transformers'
//! pipelines made of them.
//!
//! They need ONNX Runtime; without it there is nothing to test, and `cargo xtask test` installs it first.

#[path = "recorded/calls.rs"]
mod calls;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use skillset::runtime::checkpoint::Checkpoint;
use skillset::runtime::engine::{Engine, EngineError, EngineKind, EngineOptions};
use skillset::runtime::load::Model;
use skillset::runtime::tasks::{self, Audio, Watcher};
use skillset::skillset;
use tempfile::TempDir;

/// The folders of models, and a graph in each.
const MODELS: [(&str, &str); 7] = [
    ("ast-classification", GRAPH),
    ("hubert-classification", GRAPH),
    ("wav2vec2-speech", GRAPH),
    ("wav2vec2-speech-masked", GRAPH),
    ("whisper-speech", MERGED),
    ("whisper-speech", "split/decoder_model.onnx"),
    ("whisper-speech", "split/encoder_model.onnx"),
];
const GRAPH: &str = "model.onnx";
const MERGED: &str = "merged/decoder_model_merged.onnx";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audio")
}

fn engine() -> Option<Arc<dyn Engine>> {
    match (EngineOptions { kind: EngineKind::Onnx, ..EngineOptions::default() }).open() {
        Ok(engine) => Some(engine),
        Err(EngineError::Unavailable { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

fn model(folder: &Path, graph: &str, engine: &Arc<dyn Engine>) -> Model {
    let checkpoint = Checkpoint::open_without_weights(folder).unwrap();
    Model::exported(graph, Arc::new(checkpoint), Arc::clone(engine))
}

#[test]
fn exported_audio_models_agree_with_transformers() {
    let Some(engine) = engine() else { return };
    for (name, graph) in MODELS {
        let folder = root().join(name);
        let recorded: Value =
            serde_json::from_slice(&std::fs::read(folder.join("cases.json")).unwrap()).unwrap();
        let cases = recorded["cases"].as_array().unwrap();
        let task = recorded["task"].as_str().unwrap();
        calls::hold(task, cases, &root(), &model(&folder, graph, &engine))
            .unwrap_or_else(|why| panic!("{name} {graph}: {why}"));
        assert!(cases.len() >= 3, "{name}");
    }
}

#[skillset(onnx = "model.onnx", task = "automatic-speech-recognition", backends(onnx_cpu))]
#[derive(Debug)]
struct Listener;

#[test]
fn a_skill_listens_to_a_recording() {
    if engine().is_none() {
        return;
    }
    let folder = root().join("wav2vec2-speech");
    let skill = Listener::from_dir(&folder).unwrap();
    let heard = skill.run(Audio::open(root().join("recordings/tones.wav")).unwrap()).unwrap();
    let recorded: Value = serde_json::from_slice(&std::fs::read(folder.join("cases.json")).unwrap()).unwrap();
    assert_eq!(heard.text, recorded["cases"][0]["output"]["text"]);
    assert_eq!(heard.chunks, None);
}

/// A copy of a model's folder with a file changed.
fn changed(name: &str, file: &str, change: impl FnOnce(&mut Value)) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let entries = std::fs::read_dir(root().join(name)).unwrap().map(|entry| entry.unwrap().path());
    for path in entries.filter(|path| path.is_file()) {
        std::fs::copy(&path, dir.path().join(path.file_name().unwrap())).unwrap();
    }
    let path = dir.path().join(file);
    let mut value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut value);
    std::fs::write(&path, value.to_string()).unwrap();
    dir
}

/// What loading `task` over the model in `dir` is refused with, the folder left out.
fn refused(task: &str, dir: &TempDir, engine: &Arc<dyn Engine>) -> String {
    let Err(error) = tasks::load_json(task, &model(dir.path(), GRAPH, engine)) else {
        panic!("{task} should be refused")
    };
    error.to_string().replace(dir.path().to_str().unwrap(), "DIR")
}

/// What running speech recognition on the tones is refused with.
fn call_refused(folder: &Path, graph: &str, options: Value) -> String {
    let model = model(folder, graph, &engine().unwrap());
    let input = json!(root().join("recordings/speech.wav"));
    tasks::run_json("automatic-speech-recognition", &model, &[input], &options, Watcher::default())
        .unwrap_err()
        .to_string()
}

#[test]
fn what_a_model_of_speech_cannot_do_is_refused_by_name() {
    if engine().is_none() {
        return;
    }
    let folder = root().join("whisper-speech");
    let refused = |options| call_refused(&folder, MERGED, options);
    assert_eq!(
        refused(json!({"return_timestamps": "word"})),
        "automatic-speech-recognition: return_timestamps: expected true for a model that generates, found word; when \
         words are said only the weights of its attention tell, which are not computed"
    );
    assert_eq!(
        refused(json!({"language": "germn"})),
        "automatic-speech-recognition: language: expected a language that Whisper knows, found \"germn\" (did you mean \
         \"german\"?)"
    );
    assert_eq!(
        refused(json!({"language": "italian"})),
        "automatic-speech-recognition: language: expected one of lang_to_id in generation_config.json, found \"italian\" \
         (<|it|>)"
    );
    assert_eq!(
        refused(json!({"task": "summarize"})),
        "automatic-speech-recognition: task: expected translate or transcribe, found \"summarize\""
    );
    assert_eq!(
        refused(json!({"max_new_tokens": 40})),
        "automatic-speech-recognition: max_new_tokens: expected at most 38 behind 2 tokens, since the decoder has 40 \
         positions, found 40"
    );
    assert!(refused(json!({"logprob_threshold": -1.0})).contains("has no option \"logprob_threshold\""));
    assert_eq!(
        call_refused(&root().join("wav2vec2-speech"), GRAPH, json!({"language": "en"})),
        "automatic-speech-recognition: language: expected a model that generates, such as Whisper; this one says the \
         best token of each frame"
    );
    assert_eq!(
        call_refused(&root().join("wav2vec2-speech"), GRAPH, json!({"return_timestamps": true})),
        "automatic-speech-recognition: return_timestamps: expected char or word for a model with a CTC head, found true"
    );
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let Some(engine) = engine() else { return };
    const SPEECH: &str = "automatic-speech-recognition";
    let pair = changed("wav2vec2-speech", "config.json", |config| config["is_encoder_decoder"] = json!(true));
    assert_eq!(
        refused(SPEECH, &pair, &engine),
        "automatic-speech-recognition: of models that generate what they hear, those with a WhisperFeatureExtractor are \
         supported; this one has another"
    );
    let tokenizer = changed("wav2vec2-speech", "tokenizer_config.json", |config| {
        config["tokenizer_class"] = json!("Wav2Vec2PhonemeCTCTokenizer");
    });
    assert_eq!(
        refused(SPEECH, &tokenizer, &engine),
        "DIR/tokenizer_config.json: /tokenizer_class: expected Wav2Vec2CTCTokenizer, the only one for CTC that is \
         supported, found \"Wav2Vec2PhonemeCTCTokenizer\""
    );
    let features = changed("hubert-classification", "preprocessor_config.json", |config| {
        *config = json!({ "feature_extractor_type": "WhisperFeatureExtractor" });
    });
    assert_eq!(
        refused("audio-classification", &features, &engine),
        "audio-classification: DIR/model.onnx: expected inputs among input_features, attention_mask, which the task \
         can give, found \"input_values\"; its inputs are input_values: f32[batch_size, sequence_length]"
    );
}

#[test]
fn bad_recordings_and_options_are_refused() {
    let Some(engine) = engine() else { return };
    let model = model(&root().join("wav2vec2-speech"), GRAPH, &engine);
    let speech = tasks::load_json("automatic-speech-recognition", &model).unwrap();
    let refused = |input: Value, options: Value| speech.run_json(&[input], &options).unwrap_err().to_string();
    let fine = json!({ "sampling_rate": 16000, "raw": vec![0.1; 4000] });
    let none = json!({});
    assert_eq!(
        refused(json!({ "sampling_rate": 0, "raw": [0.5] }), none.clone()),
        "automatic-speech-recognition: input 0: audio: expected a sampling rate from 1 to 768000 Hz, found 0"
    );
    assert_eq!(
        refused(json!({ "sampling_rate": 16000, "raw": [0.5, 1e39] }), none.clone()),
        "automatic-speech-recognition: input 0: audio: expected finite samples, found inf (sample 1)"
    );
    assert_eq!(
        refused(json!({ "raw": [0.5] }), none.clone()),
        "automatic-speech-recognition: input 0: the recording: /sampling_rate: expected a non-negative integer, but \
         the field is missing"
    );
    assert_eq!(
        refused(json!(7), none),
        "automatic-speech-recognition: input 0: expected the path of a recording, or an object with sampling_rate and \
         raw, found 7"
    );
    assert_eq!(
        refused(fine.clone(), json!({ "chunk_length_s": 0.1, "stride_length_s": 0.05 })),
        "automatic-speech-recognition: chunk_length_s: expected more than both strides, 1600 samples, found 1600"
    );
    assert_eq!(
        refused(fine, json!({ "return_timestamps": "segment" })),
        "automatic-speech-recognition options: /return_timestamps: expected true, char or word, found \"segment\""
    );
}
