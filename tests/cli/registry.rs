//! `skillset list` and `skillset show`.

use std::io::Read;
use std::process::{Command, Stdio};

use serde_json::Value;
use skillset::registry::{self, Summary};

use super::{skillset, succeeds};

fn list(arguments: &[&str]) -> Vec<Value> {
    serde_json::from_str(&succeeds(&[&["list", "--json"], arguments].concat())).unwrap()
}

fn names(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["model_type"].as_str().unwrap()).collect()
}

fn refused(arguments: &[&str]) -> String {
    let output = skillset(arguments);
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn list_and_show_have_a_form_for_machines() {
    let list: Value = serde_json::from_str(&succeeds(&["list", "--json"])).unwrap();
    let types: Vec<&str> = list.as_array().unwrap().iter().filter_map(|m| m["model_type"].as_str()).collect();
    assert!(types.contains(&"bert") && types.contains(&"llama") && types.contains(&"vit"), "{types:?}");
    let show: Value = serde_json::from_str(&succeeds(&["show", "bert", "--json"])).unwrap();
    assert_eq!(show["class"], "BertModel");
    let drawing = succeeds(&["show", "vit", "--graph", "mermaid"]);
    assert!(drawing.starts_with("flowchart TD"), "{drawing}");
}

#[test]
fn every_model_type_is_listed_with_its_status() {
    let all = list(&[]);
    assert_eq!(all.len(), registry::all().len());
    for entry in &all {
        let is_verified = !entry["support"].as_object().unwrap().is_empty();
        assert_eq!(entry["status"], if is_verified { "verified" } else { "metadata only" }, "{entry}");
    }
    let text = succeeds(&["list"]);
    assert_eq!(text.lines().next_back(), Some(&*Summary::of(registry::all()).to_string()));
    assert_eq!(text.lines().count(), all.len() + 3);
}

#[test]
fn filters_are_all_satisfied() {
    assert!(names(&list(&["--modality", "vision", "--verified"])).contains(&"vit"));
    assert!(names(&list(&["--task", "fill-mask", "--engine", "onnx"])).contains(&"bert"));
    assert!(names(&list(&["--task", "fill-mask", "--backend", "cpu"])).contains(&"bert"));
    let unmeasured = list(&["--task", "fill-mask", "--status", "metadata-only"]);
    assert!(names(&unmeasured).contains(&"megatron-bert") && !names(&unmeasured).contains(&"bert"));
    assert!(names(&list(&["--task", "multiple-choice", "--verified"])).is_empty());
}

#[test]
fn a_filter_for_what_there_is_not_is_a_mistake() {
    let error = refused(&["list", "--task", "fil-mask"]);
    assert!(
        error.starts_with(
            "error: --task: no model type has a task \"fil-mask\" (did you mean \"fill-mask\"?)"
        )
    );
    assert!(refused(&["list", "--backend", "cpuu"]).contains("did you mean \"cpu\"?"));
    assert!(refused(&["list", "--engine", "torch"]).contains("the engines are candle and onnx"));
}

#[test]
fn a_type_without_architecture_is_shown_with_its_config() {
    let text = succeeds(&["show", "megatron-bert"]);
    for line in [
        "status    metadata only",
        "  skillset run --model DIR|ID --onnx FILE --task feature-extraction INPUT",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
    }
    let show: Value = serde_json::from_str(&succeeds(&["show", "megatron-bert", "--json"])).unwrap();
    let vocabulary = &show["config"][0];
    assert_eq!((&vocabulary["name"], &vocabulary["default"]), (&"vocab_size".into(), &"29056".into()));
    assert!(
        refused(&["show", "megatron-bert", "--graph"]).contains("has no architecture here, metadata only")
    );
}

#[test]
fn another_name_shows_what_it_stands_for() {
    assert!(succeeds(&["show", "bigbird"]).starts_with("BigBird (big_bird)\nalias     another spelling\n"));
    assert_eq!(refused(&["show", "beit3"]), "error: there is no model type \"beit3\": not in transformers\n");
    assert!(refused(&["show", "xlm_roberta"]).contains("did you mean \"xlm-roberta\"?"));
}

#[test]
fn a_pipe_that_closes_early_is_no_error() {
    for arguments in [&["list"][..], &["show", "bert"], &["completions", "bash"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skillset"));
        let mut child =
            command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut error = String::new();
        child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        assert!(child.wait().unwrap().success() && error.is_empty(), "{arguments:?}: {error}");
    }
}
