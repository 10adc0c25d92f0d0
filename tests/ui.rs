//! What the errors of `#[skillset]` say. What it accepts is in `skill.rs`.

#[test]
fn attributes_that_cannot_be_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
