//! Holding a model to recorded calls of one task.

use std::path::Path;

use serde_json::{Map, Value, json};
use skillset::runtime::load::Model;
use skillset::runtime::tasks;

/// Two engines and torch round differently; a wrong word, place or order is far from that.
const TOLERANCE: f64 = 2e-4;
/// So do decoders of photos, by one step of 256 here and there, and two ways to change the rate of a recording.
const PHOTO_TOLERANCE: f64 = 1e-2;

/// Whether a result says what the pipeline said. The pipelines unwrap some lists of one entry.
pub fn compare(found: &Value, expected: &Value, tolerance: f64) -> Result<(), String> {
    let differ = || Err(format!("expected {expected}, found {found}"));
    match (found, expected) {
        (Value::Array(found), Value::Object(_)) if found.len() == 1 => {
            compare(&found[0], expected, tolerance)
        }
        (Value::Array(found), Value::Array(expected)) if found.len() == expected.len() => {
            found.iter().zip(expected).try_for_each(|(found, expected)| compare(found, expected, tolerance))
        }
        (Value::Object(found), Value::Object(expected)) => expected.iter().try_for_each(|(key, expected)| {
            compare(found.get(key).unwrap_or(&Value::Null), expected, tolerance)
                .map_err(|why| format!("{key}: {why}"))
        }),
        (Value::Number(a), Value::Number(b)) if a.is_f64() || b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            if (a - b).abs() <= tolerance * b.abs().max(1.0) { Ok(()) } else { differ() }
        }
        _ if found == expected => Ok(()),
        _ => differ(),
    }
}

/// A recorded input or result as `run_json` has it: images and recordings are files of `files`.
pub fn located(recorded: &Value, files: &Path) -> Value {
    match recorded {
        Value::String(text) if text.starts_with("images/") || text.starts_with("recordings/") => {
            json!(files.join(text))
        }
        Value::Array(items) => items.iter().map(|item| located(item, files)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), located(value, files)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

pub fn tolerance(case: &Value) -> f64 {
    let is_photo =
        case["input"].as_str().is_some_and(|path| path.ends_with(".jpg") || path.ends_with(".flac"));
    if is_photo { PHOTO_TOLERANCE } else { TOLERANCE }
}

/// Holds `model` to recorded calls of `task`, whose inputs are files of `files`.
pub fn hold(task: &str, cases: &[Value], files: &Path, model: &Model) -> Result<(), String> {
    let pipeline = tasks::load_json(task, model).map_err(|error| error.to_string())?;
    let located = |recorded| located(recorded, files);
    for case in cases {
        let results = pipeline.run_json(&[located(&case["input"])], &case["options"]);
        let results = results.map_err(|error| format!("{}: {error}", case["input"]))?;
        compare(&results[0], &located(&case["output"]), tolerance(case)).map_err(|why| {
            format!("{} with {}: {why}; all of it: {}", case["input"], case["options"], results[0])
        })?;
    }
    // All inputs that were called with the same options, in one batch: padding must not show.
    for options in cases.iter().map(|case| &case["options"]) {
        let same: Vec<&Value> = cases.iter().filter(|case| case["options"] == *options).collect();
        let inputs: Vec<Value> = same.iter().map(|case| located(&case["input"])).collect();
        let results = pipeline.run_json(&inputs, options).map_err(|error| error.to_string())?;
        for (result, case) in results.iter().zip(same) {
            compare(result, &located(&case["output"]), tolerance(case))
                .map_err(|why| format!("in a batch: {} with {options}: {why}", case["input"]))?;
        }
    }
    Ok(())
}
