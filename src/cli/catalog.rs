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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::Site;
    use crate::cli::Cli;

    /// The words of a command, quoted by `'` where need be.
    fn words(command: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        for (position, part) in command.split('\'').enumerate() {
            let last = words.last_mut().unwrap();
            if position % 2 == 1 {
                last.push_str(part);
                continue;
            }
            let mut plain = part.split(' ');
            last.push_str(plain.next().unwrap_or_default());
            words.extend(plain.map(str::to_owned));
        }
        words.retain(|word| !word.is_empty());
        words
    }

    #[test]
    fn commands_of_the_pages_can_be_typed() {
        let mut typed = 0;
        for (path, page) in Site::of_build().pages().unwrap() {
            for rest in page.split("<code>skillset ").skip(1) {
                let command = format!("skillset {}", rest.split("</code>").next().unwrap());
                let command = command.replace("&quot;", "\"").replace("&#x27;", "'").replace("&#39;", "'");
                if let Err(error) = Cli::try_parse_from(words(&command)) {
                    panic!("{path}: {command}: {error}");
                }
                typed += 1;
            }
        }
        assert!(typed > 100, "{typed} commands");
    }
}
