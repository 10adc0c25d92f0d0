//! A struct with fields of its own.

#![deny(warnings)]

use std::collections::HashMap;

use skillset::{SkillError, skillset};

/// Private, as fields of a public struct often are.
#[derive(Debug, Default)]
struct Cache(HashMap<String, f32>);

/// Fields may have the names of parameters of the constructors.
#[skillset(model = "bert", task = "text-classification", backends(cpu))]
#[derive(Debug)]
pub struct MySkill {
    /// Kept, with its attributes.
    pub source: String,
    dir: usize,
    cache: Cache,
    r#type: bool,
}

#[test]
fn own_fields_may_be_private_and_have_any_name() {
    let open = || MySkill::from_dir("/nowhere", "x".to_owned(), 3, Cache::default(), true);
    assert!(matches!(open(), Err(SkillError::Checkpoint(_))));
    let read = |skill: &MySkill| (skill.source.clone(), skill.dir, skill.cache.0.len(), skill.r#type);
    let _ = open().as_ref().map(read);
}
