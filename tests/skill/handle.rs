//! The handle: shared, cloned, shown, run.

use skillset::tasks::ClassificationOptions;
use skillset::{Backend, SkillError, skillset};

use crate::support::checkpoint;

const FIXTURE: &str = "bert-text-classification";

#[skillset(model = "bert", task = "text-classification", backends(cpu))]
#[derive(Clone, Debug)]
pub struct TextSkill;

#[skillset(model = "bert", task = "text-classification", backends(cpu))]
pub struct Named<T> {
    pub name: T,
    count: usize,
}

#[skillset(model = "vit", task = "image-classification", backends(cpu,), crate = skillset)]
struct ImageSkill;

#[test]
fn own_fields_are_kept_beside_the_skill() {
    let folder = checkpoint(FIXTURE);
    let mut named = Named::from_dir(folder.path(), "first", 0).unwrap();
    for text in ["The river is calm.", "The museum is closed."] {
        named.run(text).unwrap();
        named.count += 1;
    }
    assert_eq!((named.name, named.count), ("first", 2));
}

#[test]
fn clones_share_the_model_and_show_where_it_runs() {
    let folder = checkpoint(FIXTURE);
    let skill = TextSkill::from_dir(folder.path()).unwrap();
    let clone = skill.clone();
    assert!(std::ptr::eq(clone.placement(), skill.placement()));
    assert_eq!(clone.run("The river is calm.").unwrap(), skill.run("The river is calm.").unwrap());
    let shown = format!("{skill:?}");
    assert!(shown.contains("model_type: \"bert\", task: \"text-classification\""), "{shown}");
    assert!(shown.contains("candle (cpu)"), "{shown}");
}

#[test]
fn a_skill_is_shared_by_threads() {
    let folder = checkpoint(FIXTURE);
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
    let folder = checkpoint(FIXTURE);
    let skill = TextSkill::from_dir(folder.path()).unwrap();
    let texts = ["Short.", "A much longer text about a museum near the river.", "Medium length text."];
    let options = ClassificationOptions { top_k: None, ..ClassificationOptions::default() };
    let batch = skill.run_batch_with(&texts.map(Into::into), &options).unwrap();
    for (text, together) in texts.into_iter().zip(batch) {
        let alone = skill.run_with(text, &options).unwrap();
        assert_eq!(alone.len(), together.len());
        for (a, b) in alone.iter().zip(&together) {
            assert_eq!(a.label, b.label);
            assert!((a.score - b.score).abs() < 1e-5, "{alone:?} {together:?}");
        }
    }
}

#[test]
fn a_checkpoint_of_another_model_type_is_refused() {
    let folder = checkpoint(FIXTURE);
    let Err(error) = ImageSkill::from_dir(folder.path()) else { panic!("bert is no vit") };
    assert!(matches!(error, SkillError::ModelType { expected: "vit", .. }), "{error}");
    assert!(
        error.to_string().ends_with("/config.json: /model_type: expected \"vit\", found \"bert\""),
        "{error}"
    );
}
