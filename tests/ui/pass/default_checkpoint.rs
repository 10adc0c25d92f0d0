//! A default checkpoint with its revision.

use skillset::{SkillError, Skilled, skillset};

#[skillset(model = "bert", task = "fill-mask", backends(cpu), checkpoint = "org/name", revision = "v1")]
struct MySkill {
    own: u8,
}

#[test]
fn a_default_checkpoint_is_loaded_by_name() {
    assert_eq!(MySkill::DEFINITION.checkpoint, Some("org/name"));
    assert_eq!(MySkill::DEFINITION.revision, Some("v1"));
    let _: fn(u8) -> Result<MySkill, SkillError> = MySkill::load;
    let opened = MySkill::builder(1).offline(true).cache_dir("/nowhere").load();
    let error = opened.map(|skill| skill.own).unwrap_err().to_string();
    assert!(error.starts_with("org/name@v1: offline mode"), "{error}");
}
