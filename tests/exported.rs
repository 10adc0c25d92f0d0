//! Graphs that torch.onnx exported, under `tests/exported/`: what tasks make of them is what transformers' pipelines
//! made of the same models.
//!
//! They need ONNX Runtime; without it there is nothing to test, and `cargo xtask test` installs it first.

mod recorded;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use skillset::runtime::checkpoint::Checkpoint;
use skillset::runtime::engine::{Engine, EngineError, EngineKind, EngineOptions};
use skillset::runtime::harness::fixture::Fixture;
use skillset::runtime::load::Model;
use skillset::runtime::tasks;
use skillset::{Backend, Labels, skillset};
use tempfile::TempDir;

/// The exported graphs: each is called after the folder of `tests/pipelines/` whose model it is.
fn graphs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exported");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "onnx")).collect()
}

fn graph(name: &str) -> PathBuf {
    let named = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem == name);
    graphs().into_iter().find(named).expect("the graph is recorded")
}

fn engine() -> Option<Arc<dyn Engine>> {
    match (EngineOptions { kind: EngineKind::Onnx, ..EngineOptions::default() }).open() {
        Ok(engine) => Some(engine),
        Err(EngineError::Unavailable { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

/// The checkpoint of a recorded pipeline without its weights, with the graph as `onnx/model.onnx`.
fn checkpoint(pipeline: &Path, graph: &Path) -> (TempDir, Arc<Checkpoint>) {
    let fixture = Fixture::open(pipeline).unwrap();
    let (task, _) = fixture.tasks().next().unwrap();
    let dir = tempfile::tempdir().unwrap();
    fixture.write_checkpoint(task, dir.path()).unwrap();
    std::fs::remove_file(dir.path().join("model.safetensors")).unwrap();
    std::fs::create_dir(dir.path().join("onnx")).unwrap();
    std::fs::copy(graph, dir.path().join("onnx/model.onnx")).unwrap();
    let checkpoint = Checkpoint::open_without_weights(dir.path()).unwrap();
    (dir, Arc::new(checkpoint))
}

/// `graph` with the tokenizer and config of the pipeline `name`.
fn model(name: &str, graph: &Path, engine: &Arc<dyn Engine>) -> (TempDir, Model) {
    let (dir, checkpoint) = checkpoint(&recorded::root().join(name), graph);
    (dir, Model::exported("onnx/model.onnx", checkpoint, Arc::clone(engine)))
}

#[test]
fn exported_graphs_agree_with_transformers() {
    let Some(engine) = engine() else { return };
    let (mut model_types, mut failures) = (BTreeSet::new(), vec![]);
    for path in graphs() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let (_dir, model) = model(name, &path, &engine);
        match recorded::hold(&recorded::root().join(name), &model) {
            Ok(calls) => assert!(calls > 0, "{name}"),
            Err(why) => failures.push(format!("{name}: {why}")),
        }
        model_types.insert(model.checkpoint().model_type().unwrap());
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(model_types.len() >= 17, "only graphs of {model_types:?} are recorded");
}

/// What loading `task` over a graph with the files of the pipeline `name` is refused with, the folder left out.
fn refused(task: &str, name: &str, graph: &Path, engine: &Arc<dyn Engine>) -> String {
    let (dir, model) = model(name, graph, engine);
    let Err(error) = tasks::load_json(task, &model) else { panic!("{task} should be refused") };
    error.to_string().replace(dir.path().to_str().unwrap(), "DIR")
}

#[test]
fn what_does_not_fit_is_named_with_what_the_file_has() {
    let Some(engine) = engine() else { return };
    let bert = graph("bert-feature-extraction");
    assert_eq!(
        refused("text-classification", "bert-text-classification", &bert, &engine),
        "onnx (cpu) cannot run DIR/onnx/model.onnx: the graph has no output \"logits\"; it gives last_hidden_state, \
         pooler_output"
    );
    assert_eq!(
        refused("image-feature-extraction", "vit-image-feature-extraction", &bert, &engine),
        "image-feature-extraction: DIR/onnx/model.onnx: expected inputs among pixel_values, pixel_mask, which the task can give, \
         found \"input_ids\"; its inputs are input_ids: i64[batch_size, sequence_length], attention_mask: \
         i64[batch_size, sequence_length], token_type_ids: i64[batch_size, sequence_length]"
    );
    assert_eq!(
        refused("text-generation", "bert-feature-extraction", &bert, &engine),
        "onnx (cpu) cannot run DIR/onnx/model.onnx: input \"token_type_ids\" is none that a decoder has; expected \
         input_ids, attention_mask, position_ids, encoder_hidden_states, encoder_attention_mask, use_cache_branch, \
         num_logits_to_keep, cache_position and past_key_values.*"
    );
    let (dir, checkpoint) = checkpoint(&recorded::root().join("bert-feature-extraction"), &bert);
    let model = Model::exported("model.onnx", checkpoint, engine);
    let Err(error) = tasks::load_json("feature-extraction", &model) else { panic!("there is no such file") };
    assert_eq!(
        error.to_string().replace(dir.path().to_str().unwrap(), "DIR"),
        "onnx (cpu) cannot run DIR/model.onnx: there is no such file; DIR has onnx/model.onnx"
    );
}

/// How a text sounds, by the classes of the recorded model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
enum Tone {
    Negative,
    Neutral,
    Positive,
}

#[skillset(
    onnx = "onnx/model.onnx",
    task = "text-classification",
    backends(onnx_cpu),
    labels = Tone,
    max_length = 64
)]
#[derive(Debug)]
struct ToneReader;

#[test]
fn a_skill_runs_an_exported_graph() {
    let name = "bert-text-classification-narrow";
    let (dir, _) = checkpoint(&recorded::root().join(name), &graph(name));
    assert_eq!(ToneReader::GRAPH, "onnx/model.onnx");

    let refused =
        ToneReader::builder().backends([Backend::Cpu]).from_dir(dir.path()).unwrap_err().to_string();
    assert_eq!(
        refused,
        "no backend of the skill works here: cpu: candle cannot run onnx/model.onnx: only ONNX Runtime reads ONNX files; \
         name onnx_cpu"
    );
    if engine().is_none() {
        return;
    }
    let skill = ToneReader::from_dir(dir.path()).unwrap();
    let cases = std::fs::read(recorded::root().join(name).join("cases.json")).unwrap();
    let cases: serde_json::Value = serde_json::from_slice(&cases).unwrap();
    let (input, output) = (cases[0]["input"].as_str().unwrap(), &cases[0]["output"][0]);
    let best = skill.run(input).unwrap().remove(0);
    assert!(best.label.name().eq_ignore_ascii_case(output["label"].as_str().unwrap()), "{best:?} {output}");
    assert!((f64::from(best.score) - output["score"].as_f64().unwrap()).abs() < 1e-5, "{best:?}");
}

#[test]
fn the_candle_engine_says_what_runs_an_exported_graph() {
    let candle = EngineOptions::default().open().unwrap();
    assert_eq!(
        refused("feature-extraction", "bert-feature-extraction", &graph("bert-feature-extraction"), &candle),
        "candle (cpu) cannot run DIR/onnx/model.onnx: an exported graph needs ONNX Runtime; choose the engine onnx, or \
         a backend such as onnx_cpu"
    );
}
