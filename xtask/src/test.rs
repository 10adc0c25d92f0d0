//! `cargo xtask test`: everything that has to hold.

use clap::Args;

use crate::Error;
use crate::catalog::run_catalog_tests;
use crate::command::{cargo, run};
use crate::tidy::Tidy;
use crate::verify::Verify;

/// Run every check: format, lints, generated files, tests, parity on both engines, the catalog in a browser, docs.
///
/// Installs ONNX Runtime for this user through pip if it is not there, and Chromium through apt if there is no browser.
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
        run_catalog_tests()?;
        run(cargo(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
    }
}
