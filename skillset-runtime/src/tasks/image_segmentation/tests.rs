//! Post-processing against what transformers' image processor gives (record.py).

use serde_json::Value;

use super::queries::Queries;
use super::{ImageSegmentationOptions, Subtask};
use crate::tasks::batch::Row;
use crate::tasks::options::parse_options;

const SIZE: (usize, usize) = (11, 14);

#[derive(serde::Deserialize)]
struct Case {
    options: Value,
    segments: Vec<Expected>,
}

#[derive(serde::Deserialize)]
struct Expected {
    class: usize,
    score: Option<f32>,
    counts: Vec<usize>,
}

fn values(count: usize, step: f64, factor: f64) -> Vec<f32> {
    (0..count).map(|at| ((at as f64 * step).sin() * factor) as f32).collect()
}

#[test]
fn segments_are_those_of_transformers() {
    let (logits, masks) = (values(7 * 5, 1.7, 4.0), values(7 * 6 * 5, 0.83, 3.0));
    let logits = Row { values: &logits, shape: vec![7, 5] };
    let masks = Row { values: &masks, shape: vec![7, 6, 5] };
    let queries = Queries::new(&logits, &masks).unwrap();
    let cases: Vec<Case> = serde_json::from_str(include_str!("expected.json")).unwrap();
    for Case { options, segments } in cases {
        let parsed: ImageSegmentationOptions = parse_options("image-segmentation", &options).unwrap();
        let regions = match parsed.subtask {
            Subtask::Semantic => queries.classes_of_pixels(SIZE),
            _ => queries.objects(SIZE, &parsed),
        };
        assert_eq!(regions.len(), segments.len(), "{options}");
        for (region, expected) in regions.iter().zip(&segments) {
            assert_eq!(region.class, expected.class, "{options}");
            assert_eq!(region.mask.counts(), expected.counts, "{options}");
            // Scores are rounded to six decimals, and what is rounded may differ in its last bit.
            let scores = region.score.zip(expected.score);
            assert_eq!(region.score.is_some(), expected.score.is_some(), "{options}");
            assert!(scores.is_none_or(|(found, expected)| (found - expected).abs() < 2e-6), "{scores:?}");
        }
    }
}
