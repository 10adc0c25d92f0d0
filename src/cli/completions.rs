//! `skillset completions`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Error};

/// Print a completion script for a shell.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<(), Error> {
        clap_complete::generate(self.shell, &mut Cli::command(), "skillset", &mut std::io::stdout());
        Ok(())
    }
}
