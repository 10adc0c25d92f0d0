//! As if Cargo.toml said `other = { package = "skillset", … }`: without a prelude and under another path, every path
//! that is generated has to start with the argument's or with `::`.

#![no_implicit_prelude]

mod dependencies {
    pub extern crate skillset as other;
}

use dependencies::other as renamed;

#[derive(
    ::std::clone::Clone,
    ::std::marker::Copy,
    ::std::fmt::Debug,
    ::std::cmp::PartialEq,
    ::std::cmp::Eq,
    renamed::Labels,
)]
#[labels(crate = self::dependencies::other)]
enum Sentiment {
    Negative,
    Positive,
}

#[renamed::skillset(
    model = "bert",
    task = "text-classification",
    backends(cpu),
    labels = Sentiment,
    max_length = 64,
    checkpoint = "org/name",
    crate = self::dependencies::other
)]
struct MySkill {
    own: u8,
}

#[renamed::skillset(
    model = "llama",
    task = "text-generation",
    backends(cpu),
    generation(max_new_tokens = 8),
    crate = renamed
)]
struct Writer;

#[::core::prelude::v1::test]
fn a_renamed_dependency_is_named() {
    ::std::assert!(MySkill::from_dir("/nowhere", 1).map(|skill| skill.own).is_err());
    ::std::assert!(Writer::from_dir("/nowhere").is_err());
    let _ = [Sentiment::Negative, Sentiment::Positive];
}
