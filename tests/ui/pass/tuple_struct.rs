//! A tuple struct.

use skillset::skillset;

#[skillset(model = "bert", task = "text-classification", backends(cpu))]
pub struct MySkill(pub String, u8);

#[test]
fn a_tuple_struct_keeps_its_places() {
    let skill = MySkill::from_dir("/nowhere", "name".to_owned(), 1);
    let _ = skill.as_ref().map(|skill| (skill.0.len(), skill.1)).is_ok();
}
