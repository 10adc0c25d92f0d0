//! Every recorded call on an audio model that has an architecture, on both engines: `tests/audio/*/cases.json`.

#[path = "recorded/calls.rs"]
mod calls;

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use serde_json::Value;
use skillset::registry;
use skillset::runtime::checkpoint::Checkpoint;
use skillset::runtime::engine::{Engine, EngineKind, EngineOptions};
use skillset::runtime::harness::fixture::Fixture;
use skillset::runtime::load::Model;
use skillset::runtime::tasks::{
    Audio, Pipeline, Progress, SpeechRecognitionOptions, SpeechRecognizer, Watcher,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audio")
}

/// The model of a fixture, whose files lie in `dir`, and its task; `None` if its model type has no architecture.
fn open<'f>(fixture: &'f Fixture, dir: &Path, engine: &Arc<dyn Engine>) -> Option<(&'f str, Model)> {
    let model_type = registry::architecture(&fixture.manifest().model_type).ok()?;
    let (task, _) = fixture.tasks().next().unwrap();
    fixture.write_checkpoint(task, dir).unwrap();
    let checkpoint = Arc::new(Checkpoint::open(dir).unwrap());
    Some((task, Model::new(model_type, checkpoint, Arc::clone(engine))))
}

/// Runs all calls of a folder and returns how many there were; `None` if its model type has no architecture.
fn run_folder(folder: &Path, engine: &Arc<dyn Engine>) -> Option<usize> {
    let fixture = Fixture::open(folder).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (task, model) = open(&fixture, dir.path(), engine)?;
    let recorded: Value = serde_json::from_slice(&std::fs::read(folder.join("cases.json")).unwrap()).unwrap();
    let cases = recorded["cases"].as_array().unwrap();
    calls::hold(task, cases, &root(), &model)
        .unwrap_or_else(|why| panic!("{} on {}: {why}", folder.display(), engine.name()));
    Some(cases.len())
}

fn run_all(engine: &Arc<dyn Engine>) {
    let entries = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let folders: Vec<PathBuf> = entries.filter(|dir| dir.join("fixture.json").exists()).collect();
    let calls: usize = folders.iter().filter_map(|folder| run_folder(folder, engine)).sum();
    assert!(calls >= 15, "only {calls} calls are recorded");
}

#[test]
fn candle_hears_what_transformers_hears() {
    run_all(&EngineOptions::default().open().unwrap());
}

/// Needs ONNX Runtime, which `cargo xtask test` installs first.
#[test]
fn onnxruntime_hears_what_transformers_hears() {
    run_all(&EngineOptions { kind: EngineKind::Onnx, ..EngineOptions::default() }.open().unwrap());
}

#[test]
fn progress_rises_to_the_length_of_a_recording() {
    let engine = EngineOptions::default().open().unwrap();
    for (folder, chunk_length_s) in [("whisper-speech", None), ("wav2vec2-speech", Some(0.8))] {
        let fixture = Fixture::open(root().join(folder)).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let Some((_, model)) = open(&fixture, dir.path(), &engine) else { continue };
        let (told, heard) = mpsc::channel();
        let watcher = Watcher::new(move |progress| told.send(progress).unwrap());
        let recognizer = SpeechRecognizer::load(&model).unwrap().with_batch_size(1).with_watcher(watcher);
        let speech = Audio::open(root().join("recordings/speech.wav")).unwrap();
        let seconds = speech.samples().len() as f64 / speech.rate() as f64;
        let options = SpeechRecognitionOptions { chunk_length_s, ..SpeechRecognitionOptions::default() };
        recognizer.run(speech, &options).unwrap();

        drop(recognizer);
        let progress: Vec<Progress> = heard.iter().collect();
        assert!(progress.len() > 1, "{folder}: {progress:?}");
        assert!(progress.is_sorted_by(|a, b| a.done < b.done), "{folder}: {progress:?}");
        let end = progress.last().unwrap();
        assert!(
            end.done == end.total && (end.total - seconds).abs() < 1e-3,
            "{folder}: {end:?} of {seconds}"
        );
    }
}
