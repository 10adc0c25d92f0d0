//! Where two JSON values differ.

use serde_json::Value;

/// How many differences are told; of the others only the number.
const SHOWN: usize = 8;

/// The differences of `found` from `expected`, each with its JSON pointer; empty if there are none.
///
/// Numbers may differ by `tolerance`, and by as much of themselves if they are above 1, unless both are integers.
/// Everything else must be equal, keys and lengths included.
pub fn differences(found: &Value, expected: &Value, tolerance: f64) -> Vec<String> {
    let mut all = vec![];
    collect(found, expected, tolerance, "", &mut all);
    if all.len() > SHOWN {
        let more = all.len() - SHOWN;
        all.truncate(SHOWN);
        all.push(format!("… and {more} more"));
    }
    all
}

fn collect(found: &Value, expected: &Value, tolerance: f64, at: &str, all: &mut Vec<String>) {
    let place = if at.is_empty() { "the whole" } else { at };
    match (found, expected) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() || b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            let distance = (a - b).abs();
            // Written so that NaN differs from everything.
            let near = distance <= tolerance * b.abs().max(1.0);
            if !near {
                all.push(format!(
                    "{place}: expected {b}, found {a} ({distance:.1e} off, {tolerance:.1e} is allowed)"
                ));
            }
        }
        (Value::Array(found), Value::Array(expected)) if found.len() == expected.len() => {
            for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
                collect(found, expected, tolerance, &format!("{at}/{index}"), all);
            }
        }
        (Value::Array(found), Value::Array(expected)) => {
            all.push(format!("{place}: expected {} entries, found {}", expected.len(), found.len()));
        }
        (Value::Object(found), Value::Object(expected)) => {
            let pointer = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
            for (key, expected) in expected {
                match found.get(key) {
                    Some(found) => collect(found, expected, tolerance, &pointer(key), all),
                    None => all.push(format!("{}: expected {expected}, found nothing", pointer(key))),
                }
            }
            for (key, found) in found.iter().filter(|(key, _)| !expected.contains_key(*key)) {
                all.push(format!("{}: expected nothing, found {found}", pointer(key)));
            }
        }
        _ if found == expected => {}
        _ => all.push(format!("{place}: expected {expected}, found {found}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(found: Value, expected: Value) -> Vec<String> {
        differences(&found, &expected, 1e-3)
    }

    #[test]
    fn numbers_may_be_off_by_the_tolerance() {
        assert_eq!(at(json!([0.5004, 2000.9, 1.0]), json!([0.5, 2000.0, 1])), [] as [&str; 0]);
        assert_eq!(
            at(json!([{ "score": 0.502, "label": "a" }]), json!([{ "score": 0.5, "label": "a" }])),
            ["/0/score: expected 0.5, found 0.502 (2.0e-3 off, 1.0e-3 is allowed)"]
        );
    }

    #[test]
    fn everything_else_must_be_equal() {
        assert_eq!(at(json!({ "ids": [1, 2] }), json!({ "ids": [1, 3] })), ["/ids/1: expected 3, found 2"]);
        assert_eq!(at(json!(["a"]), json!(["a", "b"])), ["the whole: expected 2 entries, found 1"]);
        assert_eq!(
            at(json!({ "a/b": "x", "more": 1 }), json!({ "a/b": "y", "less": 1 })),
            [
                "/a~1b: expected \"y\", found \"x\"",
                "/less: expected 1, found nothing",
                "/more: expected nothing, found 1"
            ]
        );
        assert_eq!(at(json!("1"), json!(1)), ["the whole: expected 1, found \"1\""]);
    }

    #[test]
    fn long_lists_are_cut() {
        let found = at(json!(vec![0; 20]), json!(vec![1; 20]));
        assert_eq!((found.len(), found[8].as_str()), (9, "… and 12 more"));
    }
}
