//! `cargo xtask bench`: speed of what runs, and cost of what builds.

mod build;
mod peers;

use clap::{Args, Subcommand};

use crate::Error;

/// Measure the engines beside PyTorch, ONNX Runtime and candle-transformers; or, with `build`, what building costs.
///
/// Without a subcommand it prints Markdown and writes target/bench/results.json. Needs Python with
/// benches/peers/python/requirements.txt: SKILLSET_PYTHON, or else python3. See benches/README.md.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    peers: peers::Peers,
}

#[derive(Debug, Subcommand)]
enum What {
    Build(build::Build),
}

impl Bench {
    pub(crate) fn run(self) -> Result<(), Error> {
        match self.what {
            Some(What::Build(build)) => build.run(),
            None => self.peers.run(),
        }
    }
}
