//! Zero-shot tasks: classes that a call names, and the sentences that are made of them.

use std::str::FromStr;

use serde_json::Value;

use super::error::TaskError;
use crate::checkpoint::{ConfigError, Reader};

/// A sentence with a place for a class, such as `This example is {}.`.
///
/// It is written as for Python's `str.format` with one argument: `{}` or `{0}` is the class, `{{` and `}}` are braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HypothesisTemplate {
    /// The texts between the places of the class: at least two.
    parts: Vec<String>,
}

impl FromStr for HypothesisTemplate {
    type Err = String;

    fn from_str(template: &str) -> Result<Self, String> {
        let expected = "expected a text with {} where the class goes, and {{ or }} for a brace";
        let mut parts = vec![String::new()];
        let mut unnumbered = 0;
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            let part = parts.last_mut().expect("there is a first part");
            part.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
                part.push_str(&rest[..1]);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("{}") {
                unnumbered += 1;
                parts.push(String::new());
                rest = after;
            } else if let Some(after) = rest.strip_prefix("{0}") {
                parts.push(String::new());
                rest = after;
            } else {
                return Err(format!("{expected}, found {template:?}"));
            }
        }
        parts.last_mut().expect("there is a first part").push_str(rest);
        // Python counts places without a number, and there is one argument.
        if parts.len() == 1 || unnumbered > 1 || (unnumbered == 1 && parts.len() > 2) {
            return Err(format!("{expected} (once, or as {{0}}), found {template:?}"));
        }
        Ok(Self { parts })
    }
}

impl HypothesisTemplate {
    /// The sentence for a class.
    pub fn fill(&self, class: &str) -> String {
        self.parts.join(class)
    }
}

/// The option `candidate_labels`: a list, or a text with commas between the classes.
pub(super) fn candidate_labels(r: &Reader<'_>) -> Result<Vec<String>, ConfigError> {
    let labels: Vec<String> = match r.value("candidate_labels") {
        Some(Value::String(text)) => {
            text.split(',').map(str::trim).filter(|label| !label.is_empty()).map(str::to_owned).collect()
        }
        _ => r.list_string("candidate_labels", vec![])?,
    };
    r.require(!labels.is_empty(), "candidate_labels", NO_LABELS)?;
    Ok(labels)
}

/// A sentence for each of the classes that a call of `task` names.
///
/// # Errors
/// If it names none.
pub(super) fn hypotheses(
    task: &'static str,
    template: &HypothesisTemplate,
    classes: &[String],
) -> Result<Vec<String>, TaskError> {
    if classes.is_empty() {
        let problem = format!("candidate_labels: expected {NO_LABELS}");
        return Err(TaskError::Model { task, problem });
    }
    Ok(classes.iter().map(|class| template.fill(class)).collect())
}

/// What a call without classes lacks.
const NO_LABELS: &str = "at least one class to choose from";

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(template: &str) -> Result<String, String> {
        template.parse::<HypothesisTemplate>().map(|template| template.fill("x"))
    }

    #[test]
    fn places_and_braces() {
        assert_eq!(fill("This is {}."), Ok("This is x.".to_owned()));
        assert_eq!(fill("{0}, {0}!"), Ok("x, x!".to_owned()));
        assert_eq!(fill("{{{}}}"), Ok("{x}".to_owned()));
    }

    #[test]
    fn what_python_refuses_is_refused() {
        for template in ["nothing", "{} and {}", "{} and {0}", "{1}", "{label}", "{", "a } b {}", "{{}}"] {
            let error = fill(template).unwrap_err();
            assert!(error.starts_with("expected a text with {} where the class goes"), "{template}: {error}");
        }
    }
}
