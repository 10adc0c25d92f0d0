//! That the harness can fail: fixtures that are missing or broken, and refusals that do not help.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use skillset_runtime::tasks::{FeatureExtractor, TextClassifier, TextGenerator};
use tempfile::TempDir;

use super::parity::check_refusals;
use super::{Harness, fixture};
use crate::{Backend, Definition, Origin, Refusal};

fn definition(model_type: &'static str, task: &'static str) -> Definition {
    let backends = &[Backend::Cpu];
    Definition {
        origin: Origin::BuiltIn(model_type),
        graph_of: None,
        task,
        backends,
        strict: false,
        checkpoint: None,
        revision: None,
    }
}

/// A crate with a fixture of its own: that of `model_type`, changed.
fn crate_with(model_type: &str, change: impl FnOnce(&mut Value)) -> TempDir {
    let krate = tempfile::tempdir().unwrap();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(model_type).join("default");
    let copy = krate.path().join("tests/fixtures").join(model_type).join("default");
    fs::create_dir_all(&copy).unwrap();
    for entry in fs::read_dir(&own).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    let file = copy.join("fixture.json");
    let mut manifest = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    change(&mut manifest);
    fs::write(file, manifest.to_string()).unwrap();
    krate
}

/// The path of a temporary crate, for as long as the tests run.
fn leak(krate: &TempDir) -> &'static str {
    krate.path().display().to_string().leak()
}

#[test]
fn a_fixture_that_is_missing_is_named_with_what_to_do() {
    let empty = tempfile::tempdir().unwrap();
    let error = fixture::find_in("bert", &[empty.path(), Path::new("/nowhere")]).unwrap_err();
    let expected = format!(
        "there is no fixture of model type \"bert\"; tried {}/tests/fixtures/bert/default and \
         /nowhere/tests/fixtures/bert/default; record one with tools/oracle of skillset's repository and put it in \
         the first folder, or set `tests = false`",
        empty.path().display()
    );
    assert_eq!(error, expected);
}

#[test]
fn a_broken_weight_is_found() {
    let krate = crate_with("bert", |manifest| {
        let tensors = manifest["tensors"].as_array_mut().unwrap();
        let name = "encoder.layer.1.output.dense.weight";
        let weight = tensors.iter_mut().find(|tensor| tensor["name"] == name).unwrap();
        weight["half_range"] = json!(weight["half_range"].as_f64().unwrap() * 1.01);
    });
    let harness: Harness<FeatureExtractor> =
        Harness::new(definition("bert", "feature-extraction"), Default::default, leak(&krate));
    let error = harness.check_parity(Backend::Cpu).unwrap_err();
    assert!(error.starts_with(&krate.path().display().to_string()), "{error}");
    assert!(
        error.contains(": run \"") && error.contains(": expected what was recorded from transformers "),
        "{error}"
    );
    harness.check_bad_input().unwrap();
}

#[test]
fn a_token_that_differs_is_found() {
    let krate = crate_with("llama", |manifest| {
        let generation = &mut manifest["tasks"]["text-generation"]["generate"][0];
        let last = generation["sequences"][0].as_array_mut().unwrap().last_mut().unwrap();
        *last = json!(last.as_i64().unwrap() ^ 1);
    });
    let harness: Harness<TextGenerator> =
        Harness::new(definition("llama", "text-generation"), Default::default, leak(&krate));
    let error = harness.check_parity(Backend::Cpu).unwrap_err();
    assert!(error.contains("generation 0: after ["), "{error}");
}

#[test]
#[should_panic(expected = "bert text-classification: on cpu: ")]
fn a_failed_test_panics_with_what_it_tested() {
    let krate = crate_with("bert", |manifest| manifest["seed"] = json!(1));
    let definition = definition("bert", "text-classification");
    Harness::<TextClassifier>::new(definition, Default::default, leak(&krate))
        .agrees_with_transformers(Backend::Cpu);
}

#[test]
fn a_refusal_must_name_the_engine_say_why_and_help() {
    let refusal = |reason: &str| [Refusal { backend: Backend::Cuda, reason: reason.to_owned() }];
    let check = |reason: &str| check_refusals(Backend::Cuda, &refusal(reason));
    check("candle (cuda:0) is not available: it is not compiled in; turn on the cargo feature `cuda`")
        .unwrap();
    for bad in ["", "no", "candle (cuda:0) is not available: no", "something: why; what helps"] {
        let error = check(bad).unwrap_err();
        assert!(error.starts_with("expected a refusal that names the engine, says why, "), "{error}");
    }
    assert!(check_refusals(Backend::Cuda, &[]).is_err());
}

#[test]
fn cases_are_compared_by_pointer() {
    let krate = crate_with("bert", |_| {});
    let harness: Harness<TextClassifier> =
        Harness::new(definition("bert", "text-classification"), Default::default, leak(&krate));
    let checkpoint = krate.path().join("checkpoint");
    fs::create_dir(&checkpoint).unwrap();
    super::trial::Bench::of(&harness).unwrap().write_checkpoint(&checkpoint).unwrap();
    let write = |expected: Value| {
        let cases = json!([{ "checkpoint": "checkpoint", "input": "the river", "expected": expected }]);
        fs::write(krate.path().join("cases.json"), cases.to_string()).unwrap();
    };
    write(json!([{ "label": "none of them", "score": -1.0 }]));
    let error = harness.check_cases("cases.json").unwrap_err();
    assert!(
        error.starts_with("cases.json: /0: /0/label: expected \"none of them\", found \"LABEL_"),
        "{error}"
    );
    assert!(error.contains("; /0/score: expected -1, found 0."), "{error}");

    let error = harness.check_cases("missing.json").unwrap_err();
    assert!(error.contains("missing.json: not found; `cases` names it relative to the crate"), "{error}");
    fs::write(krate.path().join("cases.json"), r#"[{"checkpoint": "./gone", "input": "", "expected": 0}]"#)
        .unwrap();
    let error = harness.check_cases("cases.json").unwrap_err();
    assert!(error.starts_with("./gone: "), "{error}");
}
