//! A config that is refused by the name of a field is told from one that gives something else.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use skillset::runtime::engine::EngineOptions;
use skillset::runtime::harness::fixture::Fixture;
use skillset_parity::{fixtures_dir, measure::measure};

/// The fixture `bert/default`, with `value` for a field of its config.
fn with_field(dir: &Path, field: &str, value: Value) -> Fixture {
    let recorded = fixtures_dir().join("bert/default");
    for file in ["config.json", "fixture.json", "tensors.safetensors"] {
        fs::copy(recorded.join(file), dir.join(file)).expect("the fixture is there");
    }
    let path = dir.join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).expect("readable")).expect("JSON");
    config[field] = value;
    fs::write(path, config.to_string()).expect("writable");
    Fixture::open(dir).expect("a fixture")
}

#[test]
fn an_unsupported_value_is_a_refusal_and_other_outputs_are_none() {
    let dir = tempfile::tempdir().expect("a folder");
    let measured = |field, value| {
        let fixture = with_field(dir.path(), field, value);
        measure(&fixture, &EngineOptions::default()).expect("the engine opens")
    };
    let refused = measured("hidden_act", json!("prelu"));
    assert!(refused.iter().all(|m| m.is_refusal() && !m.passes()), "{refused:#?}");
    let text = refused[0].result.as_ref().expect_err("it is refused").to_string();
    assert!(text.contains("/hidden_act"), "{text}");

    let other = measured("layer_norm_eps", json!(0.5));
    assert!(other.iter().all(|m| !m.is_refusal() && !m.passes()), "{other:#?}");
}
