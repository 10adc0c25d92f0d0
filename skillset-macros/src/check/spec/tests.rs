//! Specs of a crate that is made for the test.

use serde_json::json;
use tempfile::TempDir;

use super::*;

/// A crate with these specs in `model_specs/`.
fn crate_with(specs: &[(&str, Value)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("model_specs")).unwrap();
    for (name, spec) in specs {
        fs::write(dir.path().join(format!("model_specs/{name}.json")), spec.to_string()).unwrap();
    }
    dir
}

fn read_one(specs: &[(&str, Value)], name: &str) -> Result<Spec, String> {
    let dir = crate_with(specs);
    let spec = read(&format!("model_specs/{name}.json"), dir.path(), Index::get());
    spec.map_err(|error| error.replace(dir.path().to_str().unwrap(), "CRATE"))
}

fn own(extends: &str, tasks: Value) -> Value {
    json!({ "model_type": "own", "title": "Own", "extends": extends, "tasks": tasks })
}

#[test]
fn tasks_are_inherited_changed_and_removed() {
    let change = json!({
        "feature-extraction": null,
        "question-answering": null,
        "fill-mask": { "outputs": {} },
        "image-classification": { "class": "Seer", "aliases": ["image-feature-extraction"] },
    });
    let spec = read_one(&[("own", own("bert", change))], "own").unwrap();
    let has = |task: &str| spec.entry.tasks.contains_key(task);
    assert!(
        ["fill-mask", "text-classification", "image-classification", "image-feature-extraction"]
            .map(has)
            .iter()
            .all(|has| *has)
    );
    // `sentence-similarity` is an alias of `feature-extraction`, and goes with it.
    assert!(
        !["feature-extraction", "sentence-similarity", "question-answering"].map(has).iter().any(|has| *has)
    );
    assert_eq!((&*spec.entry.title, &*spec.entry.modality), ("Own", "text"));
    assert_eq!(spec.entry.tasks["fill-mask"].class, "BertForMaskedLM");
    assert!(!spec.entry.is_verified(), "nothing of it was measured");
    assert!(!spec.has_fixture);
}

#[test]
fn specs_of_the_crate_extend_each_other_and_replace_built_in_ones() {
    let grandchild = json!({ "model_type": "grandchild", "title": "Grandchild", "extends": "own" });
    let specs = [("own", own("llama", json!({}))), ("grandchild", grandchild)];
    let spec = read_one(&specs, "grandchild").unwrap();
    assert!(spec.entry.tasks.contains_key("text-generation"));
    assert_eq!(spec.files, ["model_specs/grandchild.json", "model_specs/own.json"]);

    let replaced = json!({ "model_type": "llama", "title": "My LLaMA", "extends": "llama" });
    assert_eq!(read_one(&[("llama", replaced)], "llama").unwrap().model_type, "llama");
}

#[test]
fn a_fixture_of_the_crate_is_seen() {
    let dir = crate_with(&[("own", own("bert", json!({})))]);
    let fixture = dir.path().join("tests/fixtures/own/default");
    fs::create_dir_all(&fixture).unwrap();
    fs::write(fixture.join("fixture.json"), "{}").unwrap();
    assert!(read("model_specs/own.json", dir.path(), Index::get()).unwrap().has_fixture);
}

#[test]
fn mistakes_are_named_by_file_and_place() {
    let error = |specs: &[(&str, Value)]| read_one(specs, "own").unwrap_err();
    let missing = error(&[]);
    assert!(missing.starts_with("CRATE/model_specs/own.json: "), "{missing}");
    assert!(missing.ends_with("; the path is relative to the folder of the crate"), "{missing}");
    assert_eq!(error(&[("own", json!([]))]), "model_specs/own.json: expected a spec, which is an object");
    assert_eq!(error(&[("own", json!({}))]), "model_specs/own.json: the field \"model_type\" is missing");
    assert_eq!(
        error(&[("own", json!({ "model_type": 3 }))]),
        "model_specs/own.json: /model_type: expected a string, found 3"
    );
    assert_eq!(
        error(&[("own", own("lama", json!({})))]),
        "model_specs/own.json: /extends: there is no architecture of `lama`, neither beside this spec nor built in; did you \
         mean `llama`?"
    );
    let other = json!({ "model_type": "other", "title": "Other", "extends": "own" });
    assert_eq!(
        error(&[("own", own("other", json!({}))), ("other", other)]),
        "model_specs/own.json: /extends: the specs extend each other in a circle"
    );
}
