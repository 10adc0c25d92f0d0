//! Processors against what transformers' own do, recorded by `tools/record_logits.py`.

use serde_json::{Value, json};

use super::*;

fn floats(value: &Value) -> Vec<f32> {
    let float = |value: &Value| value.as_f64().map_or(f32::NEG_INFINITY, |float| float as f32);
    value.as_array().unwrap().iter().map(float).collect()
}

fn integers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|value| value.as_i64().unwrap()).collect()
}

#[test]
fn each_processor_and_their_order_agree_with_transformers() {
    let data: Value =
        serde_json::from_str(include_str!("../../../tests/data/logits_processors.json")).unwrap();
    let [tokens, source, eos] = ["tokens", "source", "eos"].map(|list| integers(&data[list]));
    let prompt = data["prompt"].as_u64().unwrap() as usize;
    let new = data["new"].as_u64().unwrap() as usize;
    let cases = data["cases"].as_array().unwrap();
    assert!(cases.len() > 20);
    for case in cases {
        let config = GenerationConfig::from_json(&case["options"], "options").unwrap();
        // A processor that was recorded alone is alone here too.
        let alone = json!({"do_sample": true, "top_k": 0});
        let config = match case["processor"].as_str() {
            Some("order") => config,
            _ => config.or(&GenerationConfig::from_json(&alone, "options").unwrap()),
        };
        let mut scores = floats(&data["scores"]);
        let history = History { tokens: &tokens, generated: tokens.len() - prompt, source: &source };
        for processor in processors(&config, prompt, new, &eos, vec![]) {
            processor.process(history, &mut scores);
        }
        for (found, expected) in scores.iter().zip(floats(&case["scores"])) {
            let close = *found == expected || (found - expected).abs() <= 1e-6 * expected.abs();
            assert!(close, "{case}: found {scores:?}");
        }
    }
}

#[test]
fn tokens_beyond_the_scores_are_ignored() {
    let history = History { tokens: &[-1, 7, 7], generated: 0, source: &[] };
    let mut scores = [1.0, 2.0];
    RepetitionPenalty { penalty: 2.0 }.process(history, &mut scores);
    NoRepeatNGram { size: 1 }.process(history, &mut scores);
    MinNewTokens { min: 1, eos: vec![7] }.process(history, &mut scores);
    assert_eq!(scores, [1.0, 2.0]);
}
