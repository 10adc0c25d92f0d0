//! `skillset completions`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Error, print};

/// Print a completion script for a shell.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<(), Error> {
        // The generator panics where it cannot write, and a pipe may close early.
        let mut script = vec![];
        clap_complete::generate(self.shell, &mut Cli::command(), "skillset", &mut script);
        print::write(&String::from_utf8_lossy(&script))
    }
}
