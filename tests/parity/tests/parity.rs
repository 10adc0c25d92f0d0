//! Every recorded task of every fixture agrees with transformers, on both engines.

use skillset::runtime::engine::{EngineKind, EngineOptions};
use skillset_parity::{fixtures, fixtures_dir, measure::measure};

fn holds_on(kind: EngineKind) {
    let options = EngineOptions { kind, ..EngineOptions::default() };
    let fixtures = fixtures(&fixtures_dir(), &[]).expect("fixtures are readable");
    assert!(!fixtures.is_empty(), "there are fixtures");
    let mut failures = vec![];
    for fixture in &fixtures {
        let measurements = measure(fixture, &options).expect("the engine opens");
        assert!(!measurements.is_empty(), "{} has tasks", fixture.dir().display());
        failures.extend(measurements.into_iter().filter(|m| !m.passes()));
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn candle_agrees_with_transformers_on_every_fixture() {
    holds_on(EngineKind::Candle);
}

#[test]
fn onnx_agrees_with_transformers_on_every_fixture() {
    holds_on(EngineKind::Onnx);
}
