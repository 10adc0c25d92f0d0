//! What `#[skillset]` accepts, and what its errors say.

#[test]
fn attributes_compile_or_explain_why_not() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
