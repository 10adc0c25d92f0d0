//! What `#[skillset]` accepts, and what it makes of a struct.

use std::path::Path;

use skillset::runtime::harness::fixture::Fixture;
use skillset::tasks::ClassificationOptions;
use skillset::{Backend, SkillError, skillset};

/// Keeps its own docs.
#[skillset(model = "bert", task = "text-classification", backends(cpu))]
pub struct TextSkill;

#[skillset(model = "llama", task = "text-generation", backends(onnx_cpu, cpu))]
pub(crate) struct ChatSkill;

#[skillset(model = "vit", task = "image-classification", backends(cpu,), crate = skillset)]
struct ImageSkill;

/// A pipeline fixture, which has a tokenizer.
fn checkpoint() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines/bert-text-classification");
    let fixture = Fixture::open(fixture).expect("the fixture is readable");
    fixture.write_checkpoint("text-classification", folder.path()).expect("the checkpoint is written");
    folder
}

#[test]
fn a_skill_says_what_it_is() {
    assert_eq!((TextSkill::MODEL_TYPE, TextSkill::TASK), ("bert", "text-classification"));
    assert_eq!(ChatSkill::BACKENDS, [Backend::OnnxCpu, Backend::Cpu]);
    assert_eq!(ImageSkill::MODEL_TYPE, "vit");
}

#[test]
fn a_skill_is_shared_by_threads() {
    let folder = checkpoint();
    let skill = TextSkill::from_dir(folder.path()).unwrap();
    let expected = skill.run("The river is calm.").unwrap();
    std::thread::scope(|scope| {
        let run = || skill.run("The river is calm.").unwrap();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        threads.into_iter().for_each(|thread| assert_eq!(thread.join().unwrap(), expected));
    });
    assert_eq!(skill.placement().backend, Backend::Cpu);
}

#[test]
fn a_batch_keeps_its_order() {
    let folder = checkpoint();
    let skill = TextSkill::from_dir(folder.path()).unwrap();
    let texts = ["Short.", "A much longer text about a museum near the river.", "Medium length text."];
    let options = ClassificationOptions { top_k: None, ..ClassificationOptions::default() };
    let batch = skill.run_batch_with(&texts.map(Into::into), &options).unwrap();
    for (text, together) in texts.into_iter().zip(batch) {
        let alone = skill.run_with(text, &options).unwrap();
        for (a, b) in alone.iter().zip(&together) {
            assert_eq!(a.label, b.label);
            assert!((a.score - b.score).abs() < 1e-5, "{alone:?} {together:?}");
        }
    }
}

#[test]
fn a_checkpoint_of_another_model_type_is_refused() {
    let folder = checkpoint();
    let Err(error) = ImageSkill::from_dir(folder.path()) else { panic!("bert is no vit") };
    assert!(matches!(error, SkillError::ModelType { expected: "vit", .. }), "{error}");
    assert!(
        error.to_string().ends_with("/config.json: /model_type: expected \"vit\", found \"bert\""),
        "{error}"
    );
}
