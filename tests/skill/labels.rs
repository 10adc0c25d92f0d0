//! Labels of a type of one's own, and checkpoints that have others.

use serde_json::{Value, json};
use skillset::tasks::ClassificationOptions;
use skillset::{Labels, skillset};

use crate::support::{checkpoint, checkpoint_with};

const FIXTURE: &str = "bert-text-classification";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
enum Sentiment {
    Negative,
    #[label = "neutral"]
    Indifferent,
    Positive,
}

#[skillset(model = "bert", task = "text-classification", backends(cpu))]
struct Plain;

#[skillset(model = "bert", task = "text-classification", backends(cpu), labels = Sentiment)]
struct Typed;

fn refusal(id2label: Value) -> String {
    let folder = checkpoint_with(FIXTURE, "id2label", id2label);
    let Err(error) = Typed::from_dir(folder.path()) else { panic!("other labels were accepted") };
    let path = folder.path().join("config.json").display().to_string();
    error.to_string().replace(&path, "config.json")
}

#[test]
fn results_have_the_labels_of_the_enum() {
    let folder = checkpoint(FIXTURE);
    let (plain, typed) = (Plain::from_dir(folder.path()).unwrap(), Typed::from_dir(folder.path()).unwrap());
    let options = ClassificationOptions { top_k: None, ..ClassificationOptions::default() };
    let names = plain.run_with("The river is calm.", &options).unwrap();
    let labels = typed.run_with("The river is calm.", &options).unwrap();
    assert_eq!(labels.len(), 3);
    for (name, label) in names.iter().zip(&labels) {
        assert!(label.label.name().eq_ignore_ascii_case(&name.label), "{names:?} {labels:?}");
        assert_eq!(name.score, label.score);
    }
}

#[test]
fn case_counts_only_where_a_name_is_given() {
    let folder =
        checkpoint_with(FIXTURE, "id2label", json!({"0": "NEGATIVE", "1": "neutral", "2": "Positive"}));
    assert!(Typed::from_dir(folder.path()).is_ok());
    let error = refusal(json!({"0": "negative", "1": "Neutral", "2": "positive"}));
    assert!(error.contains("missing \"neutral\"; unknown \"Neutral\""), "{error}");
}

#[test]
fn a_config_with_other_labels_is_refused_with_the_differences() {
    assert_eq!(
        refusal(json!({"0": "positive", "1": "neutral", "2": "bad"})),
        "config.json: /id2label: expected the classes of the enum `Sentiment`, found \"positive\", \"neutral\", \
         \"bad\": missing \"Negative\"; unknown \"bad\"; misplaced \"positive\" (0, expected 2); name the variants \
         after the config's classes, in their order, with `#[label = \"…\"]` where a name is no identifier"
    );
    let error = refusal(json!({"0": "negative", "1": "neutral"}));
    assert!(error.contains(": missing \"Positive\"; name"), "{error}");
    let error = refusal(json!({"0": "negative", "1": "neutral", "2": "positive", "3": "ironic"}));
    assert!(error.contains(": unknown \"ironic\"; name"), "{error}");
    let error = refusal(json!({"0": "negative", "1": "positive", "2": "neutral"}));
    assert!(
        error.contains(": misplaced \"positive\" (1, expected 2), \"neutral\" (2, expected 1); name"),
        "{error}"
    );
}
