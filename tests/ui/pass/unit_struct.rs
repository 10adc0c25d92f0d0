//! A unit struct.

use skillset::skillset;

/// Keeps its own docs and attributes.
#[derive(Default)]
struct Unused;

#[skillset(model = "bert", task = "fill-mask", backends(cpu))]
#[derive(Clone, Debug)]
pub struct MySkill;

#[test]
fn a_unit_struct_keeps_its_attributes() {
    let _ = Unused;
    assert_eq!((MySkill::MODEL_TYPE, MySkill::TASK), ("bert", "fill-mask"));
    assert_eq!(MySkill::BACKENDS, [skillset::Backend::Cpu]);
    let error = MySkill::from_dir("/nowhere").unwrap_err();
    assert!(error.to_string().contains("/nowhere"), "{error}");
}
