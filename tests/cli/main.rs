//! The command line as others rely on it: contracts of `forward`, `generate` and `export`,
//! what `list` and `show` say, and what bad input gives.

mod bad_input;
#[path = "../recorded/calls.rs"]
#[allow(dead_code, reason = "the command line is held to single calls")]
mod calls;
mod catalog;
mod contracts;
mod exported;
mod images;
mod registry;

use std::path::Path;
use std::process::{Command, Output};

use skillset::runtime::harness::fixture::Fixture;
use tempfile::TempDir;

/// The fixture of a model type's case.
fn fixture(name: &str) -> Fixture {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    Fixture::open(folder).expect("the fixture is readable")
}

/// A checkpoint of a recorded task, in a folder of its own.
fn checkpoint(name: &str, task: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fixture(name).write_checkpoint(task, folder.path()).expect("the checkpoint is written");
    folder
}

/// A checkpoint of the pipeline fixtures, which has a tokenizer or an image processor.
fn pipeline(name: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines").join(name);
    let fixture = Fixture::open(fixture).expect("the fixture is readable");
    let (task, _) = fixture.tasks().next().expect("the fixture has a task");
    fixture.write_checkpoint(task, folder.path()).expect("the checkpoint is written");
    folder
}

/// Runs `skillset` with `arguments`.
fn skillset(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skillset"));
    command.args(arguments).env("RUST_BACKTRACE", "0");
    command.output().expect("the command starts")
}

/// Runs `skillset`, which must succeed, and returns what it printed.
fn succeeds(arguments: &[&str]) -> String {
    let output = skillset(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).expect("the output is text")
}

/// A path as an argument.
fn text(path: &Path) -> &str {
    path.to_str().expect("the path is text")
}
