//! What `#[skillset]` and `#[derive(Labels)]` accept, and what their errors say.

/// Each of `ui/pass` is an accepted form. They are modules here, because trybuild would build every dependency
/// once more to link them.
#[path = "ui/pass"]
mod pass {
    mod default_checkpoint;
    mod every_backend;
    mod every_task;
    mod generics;
    mod labels;
    mod own_fields;
    mod renamed_dependency;
    mod settings;
    mod tuple_struct;
    mod unit_struct;
    mod visibility;
}

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
