//! `skillset engine`

use clap::{Args, Subcommand};
use skillset_runtime::engine::onnx::{DEFAULT_VERSION, install, install_root};

use super::{Error, print};

/// Install an engine's library.
#[derive(Debug, Args)]
pub(super) struct Engine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fetch a library through pip into a folder of this user
    Install {
        /// The library
        #[arg(value_parser = ["onnxruntime"])]
        library: String,
        /// Its version
        #[arg(long, default_value = DEFAULT_VERSION)]
        version: String,
    },
}

impl Engine {
    pub(super) fn run(self) -> Result<(), Error> {
        let Command::Install { library, version } = self.command;
        let root = install_root().ok_or("no folder for this user's programs is known; set XDG_DATA_HOME")?;
        let path = install(&root, &library, &version, &mut print::note)?;
        print::line(&path.display().to_string())
    }
}
