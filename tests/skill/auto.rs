//! `AutoSkill`: checkpoints that say what they are.

use std::path::Path;

use serde_json::{Value, json};
use skillset::runtime::tasks::TextClassifier;
use skillset::tasks::TaskName;
use skillset::{AutoSkill, Backend, SkillError};

use crate::support::{checkpoint, checkpoint_with};

const NARROW: &str = "bert-text-classification-narrow";

/// The recorded calls with a single text and no options: input and output.
fn plain_calls(name: &str) -> Vec<(Value, Value)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines").join(name).join("cases.json");
    let calls: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let has_options = |call: &Value| call["options"].as_object().is_some_and(|options| !options.is_empty());
    let plain = calls.iter().filter(|call| call["input"].is_string() && !has_options(call));
    plain.map(|call| (call["input"].clone(), call["output"].clone())).collect()
}

fn assert_same_classes(found: &Value, expected: &Value) {
    let (found, expected) = (&found[0], &expected[0]);
    assert_eq!(found["label"], expected["label"]);
    let score = |result: &Value| result["score"].as_f64().unwrap();
    assert!((score(found) - score(expected)).abs() < 1e-4, "{found} {expected}");
}

#[test]
fn the_config_decides_model_type_and_task() {
    let folder = checkpoint("bert-text-classification");
    let skill = AutoSkill::from_pretrained(folder.path().to_str().unwrap()).unwrap();
    assert_eq!((skill.model_type(), skill.task()), ("bert", TaskName::TextClassification));
    assert_eq!(skill.placement().backend, Backend::Cpu);
    let calls = plain_calls("bert-text-classification");
    assert!(!calls.is_empty());
    for (input, expected) in &calls {
        assert_same_classes(&skill.run(input.clone()).unwrap(), expected);
    }
    let inputs: Vec<Value> = calls.iter().map(|(input, _)| input.clone()).collect();
    let one_by_one = AutoSkill::builder().batch_size(1).from_dir(folder.path()).unwrap();
    for (found, (_, expected)) in one_by_one.run_batch(&inputs).unwrap().iter().zip(&calls) {
        assert_same_classes(found, expected);
    }
}

#[test]
fn other_heads_have_other_tasks() {
    for (name, task) in [
        ("bert-fill-mask", TaskName::FillMask),
        ("bert-question-answering", TaskName::QuestionAnswering),
        ("llama-text-generation", TaskName::TextGeneration),
        ("vit-image-classification", TaskName::ImageClassification),
    ] {
        assert_eq!(AutoSkill::builder().from_dir(checkpoint(name).path()).unwrap().task(), task, "{name}");
    }
}

#[test]
fn a_task_may_be_named_and_options_given() {
    let folder = checkpoint("bert-text-classification");
    let skill = AutoSkill::builder().task("sentiment-analysis").from_dir(folder.path()).unwrap();
    assert_eq!(skill.task(), TaskName::TextClassification);
    let all = skill.run_with("A text.", &json!({ "top_k": null })).unwrap();
    let labels = all.as_array().unwrap().len();
    assert!(labels > 1, "{all}");
    let error = skill.run_with("A text.", &json!({ "topk": 1 })).unwrap_err().to_string();
    assert!(error.contains("did you mean \"top_k\"?"), "{error}");
    let error = AutoSkill::builder().task("text-clasification").from_dir(folder.path()).unwrap_err();
    assert!(error.to_string().contains("did you mean \"text-classification\"?"), "{error}");
}

#[test]
fn a_typed_pipeline_shares_the_model() {
    use skillset::runtime::tasks::Pipeline;
    let folder = checkpoint("bert-text-classification");
    let skill = AutoSkill::builder().from_dir(folder.path()).unwrap();
    let typed: TextClassifier = skill.pipeline().unwrap();
    let classes = typed.run("A text.", &Default::default()).unwrap();
    assert_eq!(json!(classes[0].label), skill.run("A text.").unwrap()[0]["label"]);
}

#[test]
fn an_exported_graph_needs_no_architecture() {
    // The config calls itself a type that has metadata only; its class says what the task is.
    let folder = checkpoint_with(NARROW, "model_type", json!("reformer"));
    let config = folder.path().join("config.json");
    let mut changed: Value = serde_json::from_slice(&std::fs::read(&config).unwrap()).unwrap();
    changed["architectures"] = json!(["ReformerForSequenceClassification"]);
    std::fs::write(&config, changed.to_string()).unwrap();
    let graph = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/exported/{NARROW}.onnx"));
    std::fs::copy(graph, folder.path().join("model.onnx")).unwrap();

    let skill = match AutoSkill::builder().onnx("model.onnx").from_dir(folder.path()) {
        // Without ONNX Runtime there is nothing to test, and `cargo xtask test` installs it first.
        Err(SkillError::NoBackend(_)) => return,
        skill => skill.unwrap(),
    };
    assert_eq!((skill.model_type(), skill.task()), ("reformer", TaskName::TextClassification));
    let (input, expected) = &plain_calls(NARROW)[0];
    assert_same_classes(&skill.run(input.clone()).unwrap(), expected);
}

#[test]
fn what_cannot_run_is_refused_with_a_remedy() {
    let unknown = checkpoint_with("bert-text-classification", "model_type", json!("brt"));
    let error = AutoSkill::builder().from_dir(unknown.path()).unwrap_err();
    assert!(matches!(error, SkillError::Registry(_)) && error.to_string().contains("did you mean \"bert\"?"));
    let listed = checkpoint_with("bert-text-classification", "model_type", json!("xlnet"));
    let error = AutoSkill::builder().from_dir(listed.path()).unwrap_err().to_string();
    assert!(error.contains("no architecture here, metadata only; run a graph"), "{error}");
    let headless = checkpoint_with("bert-text-classification", "architectures", json!(["BertForNothing"]));
    let error = AutoSkill::builder().from_dir(headless.path()).unwrap_err().to_string();
    assert!(error.contains("/architectures: expected one of BertModel,"), "{error}");
    assert!(error.ends_with("found BertForNothing; name the task instead"), "{error}");
}
