//! `skillset catalog`

use std::path::PathBuf;

use clap::Args;

use super::{Error, print};
use crate::catalog::{self, Catalog as Site};

/// Write a site of all model types: what each can do, and what of it was measured.
#[derive(Debug, Args)]
pub(super) struct Catalog {
    /// Folder to write; a new or empty one, or that of an earlier catalog
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
}

impl Catalog {
    pub(super) fn run(self) -> Result<(), Error> {
        let pages = Site::of_build().pages()?;
        catalog::write(&self.output, &pages)?;
        print::line(&self.output.join("index.html").display().to_string())
    }
}
