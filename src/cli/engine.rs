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
        /// The Python package that carries the library
        #[arg(value_parser = PACKAGES.map(|(package, _)| package))]
        library: String,
        /// Its version; the one that was tested by default
        #[arg(long)]
        version: Option<String>,
    },
}

/// Packages that carry ONNX Runtime, with the version of each that was tested.
const PACKAGES: [(&str, &str); 2] = [("onnxruntime", DEFAULT_VERSION), ("onnxruntime-openvino", "1.24.1")];

impl Engine {
    pub(super) fn run(self) -> Result<(), Error> {
        let Command::Install { library, version } = self.command;
        let tested = PACKAGES.iter().find(|(package, _)| *package == library).map(|(_, version)| *version);
        let version = version.as_deref().or(tested).unwrap_or(DEFAULT_VERSION);
        let root =
            install_root(&library).ok_or("no folder for this user's programs is known; set XDG_DATA_HOME")?;
        let path = install(&root, &library, version, &mut print::note)?;
        print::line(&path.display().to_string())
    }
}
