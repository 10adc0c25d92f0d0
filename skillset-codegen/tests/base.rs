//! Specs of one crate that extend those of another.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use skillset_codegen::{BuildError, Builder, Output, Selection, SpecFile, compile};

fn toy() -> SpecFile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/toy.json");
    SpecFile { path: "base/toy.json".into(), text: fs::read_to_string(path).unwrap() }
}

fn child(name: &str, parent: &str, changes: &Value) -> SpecFile {
    let mut spec = json!({
        "model_type": name,
        "extends": parent,
        "title": "Own",
        "description": "A variation.",
        "class": "OwnModel",
    });
    spec.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    SpecFile { path: format!("specs/{name}.json"), text: spec.to_string() }
}

fn names(output: &Output) -> Vec<&str> {
    output.modules.iter().map(|module| module.model_type.as_str()).collect()
}

#[test]
fn only_own_specs_are_compiled() {
    let own = [child("own", "toy", &json!({})), child("grandchild", "own", &json!({}))];
    let output = compile(&own, Some(&[toy()]), &Selection::default(), "::sk::runtime").unwrap();
    assert_eq!(names(&output), ["grandchild", "own"]);
    assert_eq!(output.index.0.keys().collect::<Vec<_>>(), ["grandchild", "own"]);
    for module in &output.modules {
        assert!(module.code.starts_with("use ::sk::runtime::blocks::"), "{}", module.code);
        assert!(!module.code.contains("skillset_runtime"), "{}", module.code);
    }
}

#[test]
fn a_spec_may_replace_the_built_in_one_that_it_extends() {
    let deeper = json!({ "config": { "depth": { "default": 5 } } });
    let output =
        compile(&[child("toy", "toy", &deeper)], Some(&[toy()]), &Selection::default(), "skillset_runtime")
            .unwrap();
    assert_eq!(names(&output), ["toy"]);
    assert!(output.modules[0].code.contains("r.count(\"depth\", 5)"), "{}", output.modules[0].code);
}

#[test]
fn what_a_modality_that_is_left_out_has_is_left_out_with_its_facts() {
    // It has the modality of its parent.
    let own = [toy(), child("own", "toy", &json!({ "facts": { "config": {} } }))];
    let facts = |modality: &str| {
        let selection = Selection { modalities: Some(vec![modality.to_owned()]), ..Selection::default() };
        let output = compile(&own, None, &selection, "skillset_runtime").unwrap();
        let facts = output.facts.iter().map(|module| module.model_type.clone()).collect::<Vec<_>>();
        (names(&output).len(), facts)
    };
    assert_eq!(facts("text"), (2, vec!["own".to_owned()]));
    assert_eq!(facts("vision"), (0, vec![]));
}

#[test]
fn an_unknown_parent_is_explained() {
    let error = |parent: &str, base: Option<&[SpecFile]>| {
        compile(&[child("own", parent, &json!({}))], base, &Selection::default(), "skillset_runtime")
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error("tyo", Some(&[toy()])),
        "specs/own.json: /extends: there is no model type \"tyo\"; did you mean \"toy\"?"
    );
    assert_eq!(
        error("bert", None),
        "specs/own.json: /extends: there is no model type \"bert\"; built-in specs can be extended by a crate that \
         has `skillset` among its dependencies"
    );
    assert_eq!(error("own", Some(&[toy()])), "specs/own.json: /extends: cycle: own extends own");
}

#[test]
fn a_folder_holds_specs_with_and_without_modalities() {
    let folder = tempfile::tempdir().unwrap();
    let [specs, base, out] = ["specs", "base", "out"].map(|name| folder.path().join(name));
    for dir in [&specs.join("text"), &base.join("text"), &out] {
        fs::create_dir_all(dir).unwrap();
    }
    fs::write(base.join("text/toy.json"), toy().text).unwrap();
    // The built-in folder has these beside its specs.
    fs::write(base.join("schema.json"), "{}").unwrap();
    fs::write(base.join("evidence.json"), "{}").unwrap();
    // A built-in spec that nothing extends is not even read.
    fs::write(base.join("text/unused.json"), "no JSON").unwrap();
    fs::write(specs.join("a.json"), child("a", "toy", &json!({})).text).unwrap();
    fs::write(specs.join("text/b.json"), child("b", "a", &json!({})).text).unwrap();

    let builder = Builder::new().specs(&specs).base_specs(&base).out_dir(&out);
    assert_eq!(names(&builder.write().unwrap()), ["a", "b"]);
    let models = fs::read_to_string(out.join("models.rs")).unwrap();
    assert!(models.ends_with("&[&::skillset::runtime::model::ModelType] = &[&a::MODEL, &b::MODEL];\n"));
    assert!(out.join("b.rs").is_file() && !out.join("toy.rs").exists());

    let missing = Builder::new().specs(folder.path().join("nowhere")).out_dir(&out).write().unwrap_err();
    assert!(matches!(missing, BuildError::Io { path, .. } if path.ends_with("nowhere")));
}
