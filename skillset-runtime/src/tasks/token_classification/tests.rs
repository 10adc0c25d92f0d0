//! Aggregation against the pipeline's own, recorded by `tools/record_postprocessing.py`.

use serde_json::{Value, json};

use super::aggregate::{Aggregation, Entity, TaggedToken, aggregate, merge_windows};
use crate::checkpoint::{Labels, Reader};

fn data() -> Value {
    serde_json::from_str(include_str!("../../../tests/data/token_classification.json")).unwrap()
}

fn entity(value: &Value) -> Entity {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let size = |key: &str| value[key].as_u64().map(|size| size as usize);
    Entity {
        label: text("entity").or(text("entity_group")).unwrap(),
        score: value["score"].as_f64().unwrap() as f32,
        word: text("word").unwrap(),
        index: size("index"),
        start: size("start").unwrap(),
        end: size("end").unwrap(),
    }
}

fn entities(value: &Value) -> Vec<Entity> {
    value.as_array().unwrap().iter().map(entity).collect()
}

fn assert_equal(found: &[Entity], expected: &[Entity]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found.score - expected.score).abs() < 1e-6, "{found:?} {expected:?}");
        assert_eq!(Entity { score: expected.score, ..found.clone() }, *expected);
    }
}

#[test]
fn every_strategy_agrees_with_the_pipeline() {
    let data = data();
    let names = data["labels"].as_array().unwrap().iter().enumerate();
    let table: serde_json::Map<String, Value> =
        names.map(|(id, name)| (id.to_string(), name.clone())).collect();
    let config = json!({ "id2label": table });
    let labels = Labels::from_config(&Reader::new(&config, "config.json").unwrap()).unwrap();
    let decode = |tokens: &[&str]| tokens.join(" ").replace(" ##", "");
    for case in data["cases"].as_array().unwrap() {
        let token = |(index, token): (usize, &Value)| {
            let scores = case["scores"][index].as_array().unwrap();
            let word = token[0].as_str().unwrap().to_owned();
            TaggedToken {
                is_subword: word.starts_with("##"),
                word,
                scores: scores.iter().map(|score| score.as_f64().unwrap() as f32).collect(),
                index: index + 1,
                start: token[1].as_u64().unwrap() as usize,
                end: token[2].as_u64().unwrap() as usize,
            }
        };
        let tokens: Vec<TaggedToken> =
            data["tokens"].as_array().unwrap().iter().enumerate().map(token).collect();
        for name in ["none", "simple", "first", "average", "max"] {
            let strategy: Aggregation = name.parse().unwrap();
            let found = aggregate(&tokens, &labels, strategy, &decode);
            assert_equal(&found, &entities(&case[name]));
        }
    }
}

#[test]
fn windows_are_merged() {
    let data = data();
    let windows = data["windows"].as_array().unwrap();
    let all: Vec<Entity> = windows.iter().flat_map(entities).collect();
    assert_equal(&merge_windows(all), &entities(&data["merged"]));
    assert_eq!(merge_windows(vec![]), []);
}

#[test]
fn keys_are_those_of_the_pipeline() {
    let token =
        Entity { label: "B-LOC".into(), score: 0.5, word: "rome".into(), index: Some(3), start: 8, end: 12 };
    let expected =
        json!({"entity": "B-LOC", "score": 0.5, "index": 3, "word": "rome", "start": 8, "end": 12});
    assert_eq!(serde_json::to_value(&token).unwrap(), expected);
    let joined = serde_json::to_value(Entity { index: None, ..token }).unwrap();
    assert_eq!((&joined["entity_group"], joined.get("index")), (&json!("B-LOC"), None));
}
