//! `cargo xtask test`: everything that has to hold.

use clap::Args;

use crate::Error;
use crate::command::{cargo, run};
use crate::tidy::Tidy;
use crate::verify::Verify;

/// Run every check: format, lints, generated files, tests, parity on both engines, docs.
///
/// Installs ONNX Runtime for this user through pip if it is not there.
#[derive(Debug, Args)]
pub(crate) struct Test {}

impl Test {
    pub(crate) fn run(self) -> Result<(), Error> {
        run(&mut cargo(["fmt", "--all", "--check"]))?;
        Tidy {}.run()?;
        run(&mut cargo(["run", "--quiet", "--package", "xtask", "--", "codegen", "--check"]))?;
        run(&mut cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
        run(&mut cargo(["run", "--quiet", "--bin", "skillset", "--", "engine", "install", "onnxruntime"]))?;
        run(&mut cargo(["test", "--workspace"]))?;
        Verify { check: true }.run()?;
        run(cargo(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
    }
}
