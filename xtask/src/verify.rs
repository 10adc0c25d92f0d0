//! `cargo xtask verify`: from what runs to what is claimed.

use clap::Args;

use crate::Error;
use crate::codegen;
use crate::command::{cargo, run};

/// Run everything that transformers' outputs are recorded for, on both engines, and write model_specs/evidence.json.
///
/// A task on an engine is in the file if every recorded call and generation of every config passes. The macro's index
/// follows.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Change nothing; fail if the file claims other than what was measured
    #[arg(long)]
    pub(crate) check: bool,
}

impl Verify {
    pub(crate) fn run(self) -> Result<(), Error> {
        let evidence = if self.check { "--check-evidence" } else { "--write-evidence" };
        run(&mut cargo(["run", "--quiet", "--package", "skillset-parity", "--", evidence]))?;
        codegen::run(&codegen::Arguments::all(self.check))
    }
}
