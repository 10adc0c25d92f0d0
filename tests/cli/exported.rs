//! `skillset run --onnx`: a graph that others exported.

use std::path::{Path, PathBuf};

use serde_json::Value;
use skillset::runtime::harness::fixture::Fixture;
use tempfile::TempDir;

use super::{calls, skillset, succeeds, text};

const NAME: &str = "bert-text-classification-narrow";

fn path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)
}

/// The checkpoint directory of a recorded pipeline, without weights.
fn checkpoint(name: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Fixture::open(path(&format!("pipelines/{name}"))).unwrap();
    let (task, _) = fixture.tasks().next().unwrap();
    fixture.write_checkpoint(task, folder.path()).unwrap();
    std::fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    folder
}

/// The first recorded call: its input, options and output.
fn recorded(name: &str) -> (String, String, Value) {
    let cases = std::fs::read_to_string(path(&format!("pipelines/{name}/cases.json"))).unwrap();
    let cases: Value = serde_json::from_str(&cases).unwrap();
    let [input, options, output] = ["input", "options", "output"].map(|key| &cases[0][key]);
    (input.as_str().unwrap().to_owned(), options.to_string(), output.clone())
}

/// What the command prints for the first recorded call, and what transformers' pipeline gave.
fn first_call(name: &str, task: &str) -> (Value, Value) {
    let (folder, graph) = (checkpoint(name), path(&format!("exported/{name}.onnx")));
    let (input, options, expected) = recorded(name);
    let input = if task.contains("image") || task.contains("object") {
        text(&path(&format!("pipelines/{input}"))).to_owned()
    } else {
        input
    };
    let (model, graph) = (text(folder.path()), text(&graph));
    let arguments =
        ["run", "--model", model, "--onnx", graph, "--task", task, "--options", &options, "--json", &input];
    let printed: Value = serde_json::from_str(&succeeds(&arguments)).unwrap();
    (printed[0].clone(), expected)
}

#[test]
fn every_exported_graph_gives_what_the_pipeline_gave() {
    let graphs = std::fs::read_dir(path("exported")).unwrap().map(|entry| entry.unwrap().path());
    let graphs: Vec<_> = graphs.filter(|path| path.extension().is_some_and(|end| end == "onnx")).collect();
    assert!(graphs.len() >= 20, "only {} graphs", graphs.len());
    for graph in graphs {
        let name = graph.file_stem().unwrap().to_str().unwrap();
        let folder = checkpoint(name);
        let fixture = Fixture::open(path(&format!("pipelines/{name}"))).unwrap();
        let (task, _) = fixture.tasks().next().unwrap();
        let cases = std::fs::read_to_string(path(&format!("pipelines/{name}/cases.json"))).unwrap();
        let case = &serde_json::from_str::<Value>(&cases).unwrap()[0];
        let input = calls::located(&case["input"], &path("pipelines")).to_string();
        let options = case["options"].to_string();
        let printed = succeeds(&[
            "run",
            "--model",
            text(folder.path()),
            "--onnx",
            text(&graph),
            "--task",
            task,
            "--options",
            &options,
            "--input-json",
            &input,
            "--json",
        ]);
        let found = &serde_json::from_str::<Value>(&printed).unwrap()[0];
        calls::compare(found, &case["output"], calls::tolerance(case))
            .unwrap_or_else(|why| panic!("{name}: {why}"));
    }
}

#[test]
fn objects_have_labels_and_bounds() {
    let (found, expected) = first_call("detr-object-detection", "object-detection");
    let what = |detections: &Value| -> Vec<(Value, Value)> {
        let detections = detections.as_array().unwrap().iter();
        detections.map(|found| (found["label"].clone(), found["box"].clone())).collect()
    };
    assert!(!what(&expected).is_empty());
    assert_eq!(what(&found), what(&expected));
}

#[test]
fn classes_of_the_call_are_ranked() {
    let (found, expected) = first_call("roberta-zero-shot-classification", "zero-shot-classification");
    assert_eq!((&found["sequence"], &found["labels"]), (&expected["sequence"], &expected["labels"]));
    let name = "siglip-zero-shot-image-classification";
    let (found, expected) = first_call(name, "zero-shot-image-classification");
    assert_eq!(found[0]["label"], expected[0]["label"]);
}

#[test]
fn a_file_here_and_one_of_the_checkpoint() {
    let (folder, graph) = (checkpoint(NAME), path(&format!("exported/{NAME}.onnx")));
    std::fs::create_dir(folder.path().join("onnx")).unwrap();
    std::fs::copy(&graph, folder.path().join("onnx/model.onnx")).unwrap();
    let (input, _, output) = recorded(NAME);
    for file in [text(&graph), "onnx/model.onnx"] {
        let model = text(folder.path());
        let fixed = ["run", "--model", model, "--onnx", file, "--task", "text-classification", "--json"];
        let printed: Value = serde_json::from_str(&succeeds(&[&fixed[..], &[&input]].concat())).unwrap();
        assert_eq!(printed[0][0]["label"], output[0]["label"], "{printed}");
    }
}

#[test]
fn every_layout_of_a_decoder_generates() {
    let name = "gpt2-text-generation";
    let folder = checkpoint(name);
    let (input, options, output) = recorded(name);
    let layouts = [
        "with_past/model.onnx",
        "split/decoder_model.onnx",
        "merged/decoder_model_merged.onnx",
        "without_past/decoder_model.onnx",
    ];
    for layout in layouts {
        let graph = path(&format!("exported/{name}/{layout}"));
        let fixed =
            ["run", "--model", text(folder.path()), "--onnx", text(&graph), "--json", "--options", &options];
        let printed = succeeds(&[&fixed[..], &["--task", "text-generation", &input]].concat());
        let printed: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(printed[0][0]["generated_text"], output[0]["generated_text"], "{layout}: {printed}");
    }
}

#[test]
fn encoders_and_their_decoders_write() {
    let graphs = [
        ("t5-translation", "translation", "merged/decoder_model_merged.onnx"),
        ("t5-translation", "translation", "split/encoder_model.onnx"),
        ("bart-summarization", "summarization", "merged/encoder_model.onnx"),
    ];
    for (name, task, graph) in graphs {
        let (folder, file) = (checkpoint(name), path(&format!("exported/{name}/{graph}")));
        let (input, options, expected) = recorded(name);
        let fixed =
            ["run", "--model", text(folder.path()), "--onnx", text(&file), "--json", "--options", &options];
        let printed = succeeds(&[&fixed[..], &["--task", task, &input]].concat());
        let printed: Value = serde_json::from_str(&printed).unwrap();
        calls::compare(&printed[0], &expected, 0.0).unwrap_or_else(|why| panic!("{name} {graph}: {why}"));
    }
}

#[test]
fn speech_is_heard_window_by_window() {
    let folder = path("audio/whisper-speech");
    let cases = std::fs::read_to_string(folder.join("cases.json")).unwrap();
    let recorded: Value = serde_json::from_str(&cases).unwrap();
    let is_long = |case: &&Value| case["input"] == "recordings/speech.wav";
    let case = recorded["cases"].as_array().unwrap().iter().find(is_long).unwrap();
    let (recording, graph) = (path("audio/recordings/speech.wav"), "merged/decoder_model_merged.onnx");
    let fixed = ["run", "--model", text(&folder), "--onnx", graph, "--task", "automatic-speech-recognition"];
    let options = case["options"].to_string();
    let printed = succeeds(&[&fixed[..], &["--options", &options, "--json", text(&recording)]].concat());
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed[0]["text"], case["output"]["text"]);
}

#[test]
fn what_cannot_be_is_refused_with_the_remedy() {
    let (folder, graph) = (checkpoint(NAME), path(&format!("exported/{NAME}.onnx")));
    let (model, graph) = (text(folder.path()), text(&graph));
    let refused = |arguments: &[&str]| {
        let output = skillset(&[&["run", "--model", model], arguments].concat());
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap().trim_end().replace(model, "DIR").replace(graph, "GRAPH")
    };
    let with_task = |task, rest: &[&str]| refused(&[&["--onnx", graph, "--task", task], rest].concat());
    assert_eq!(
        with_task("text-classification", &["--engine", "candle", "a text"]),
        "error: candle (cpu) cannot run GRAPH: an exported graph needs ONNX Runtime; choose the engine onnx, or a \
         backend such as onnx_cpu"
    );
    assert_eq!(
        with_task("text-generation", &["a text"]),
        "error: onnx (cpu) cannot run GRAPH: input \"token_type_ids\" is none that a decoder has; expected input_ids, \
         attention_mask, position_ids, encoder_hidden_states, encoder_attention_mask, use_cache_branch, \
         num_logits_to_keep, cache_position and past_key_values.*"
    );
    assert_eq!(
        refused(&["--onnx", "model.onnx", "--task", "text-classification", "a text"]),
        "error: onnx (cpu) cannot run DIR/model.onnx: there is no such file, and no other .onnx file in DIR"
    );
    assert!(refused(&["--onnx", graph, "a text"]).contains("--task <TASK>"));
}

#[test]
fn recordings_are_named_by_their_paths() {
    let folder = path("audio/hubert-classification");
    let run = |input: &str| {
        let fixed =
            ["run", "--model", text(&folder), "--onnx", "model.onnx", "--task", "audio-classification"];
        skillset(&[&fixed[..], &["--json", input]].concat())
    };
    let output = run(text(&path("audio/recordings/tones.wav")));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let cases = std::fs::read_to_string(folder.join("cases.json")).unwrap();
    let recorded: Value = serde_json::from_str(&cases).unwrap();
    assert_eq!(printed[0][0]["label"], recorded["cases"][0]["output"][0]["label"], "{printed}");
    let output = run("no/such.wav");
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("error: audio-classification: input 0: no/such.wav: "), "{error}");
}
