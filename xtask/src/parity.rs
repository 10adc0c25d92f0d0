//! `cargo xtask parity`

use clap::Args;

use crate::Error;
use crate::command::{cargo, run};

/// Hold model types against the outputs recorded from transformers, and print a table.
#[derive(Debug, Args)]
pub(crate) struct Parity {
    /// Arguments of the parity command: model types, --engine, --trace; see --help after --
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

impl Parity {
    pub(crate) fn run(self) -> Result<(), Error> {
        let mut command = cargo(["run", "--quiet", "--package", "skillset-parity", "--"]);
        run(command.args(self.arguments))
    }
}
