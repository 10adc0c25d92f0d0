//! Spans against the pipeline's own, recorded by `tools/record_postprocessing.py`.

use serde_json::Value;

use super::spans::*;

fn floats(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32).collect()
}

#[test]
fn spans_agree_with_the_pipeline() {
    let data: Value =
        serde_json::from_str(include_str!("../../../tests/data/question_answering.json")).unwrap();
    for case in data["cases"].as_array().unwrap() {
        let allowed: Vec<bool> =
            case["allowed"].as_array().unwrap().iter().map(|x| x.as_bool().unwrap()).collect();
        let size = |key: &str| case[key].as_u64().unwrap() as usize;
        let (start, end) = (floats(&case["start"]), floats(&case["end"]));
        let found = best_spans(&start, &end, &allowed, size("count"), size("max_tokens"));
        let close = |a: f32, b: &Value| (f64::from(a) - b.as_f64().unwrap()).abs() < 1e-6;
        assert!(close(found.no_answer, &case["no_answer"]), "{found:?} {case}");
        let spans = case["spans"].as_array().unwrap();
        assert_eq!(found.best.len(), spans.len(), "{found:?} {case}");
        for (span, expected) in found.best.iter().zip(spans) {
            let place = (Some(span.start as u64), Some(span.end as u64));
            assert_eq!(place, (expected[0].as_u64(), expected[1].as_u64()), "{case}");
            assert!(close(span.score, &expected[2]), "{span:?} {expected}");
        }
    }
}

#[test]
fn nothing_to_choose_from() {
    assert_eq!(best_spans(&[], &[], &[], 3, 5), Spans { best: vec![], no_answer: 0.0 });
}
