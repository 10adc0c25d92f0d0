//! The command line: `skillset`.
//!
//! One file a command. Commands return errors; [`main`] prints them and turns them into exit code 2.

mod catalog;
mod completions;
mod describe;
mod doctor;
mod engine;
mod export;
mod forward;
mod generate;
mod list;
mod open;
mod print;
mod run;
mod show;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs Hugging Face model types natively or through ONNX Runtime.
#[derive(Debug, Parser)]
#[command(name = "skillset", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
    Run(run::Run),
    Forward(forward::Forward),
    Generate(generate::Generate),
    Export(export::Export),
    Catalog(catalog::Catalog),
    Doctor(doctor::Doctor),
    Engine(engine::Engine),
    Completions(completions::Completions),
}

/// What a command may fail with; the text names the file, field, expected and found.
type Error = Box<dyn std::error::Error>;

/// Parses the arguments, runs the command, and reports.
///
/// Exit codes: 0 success, 2 anything that the arguments, files or the machine do not allow.
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::List(list) => list.run(),
        Command::Show(show) => show.run(),
        Command::Run(run) => run.run(),
        Command::Forward(forward) => forward.run(),
        Command::Generate(generate) => generate.run(),
        Command::Export(export) => export.run(),
        Command::Catalog(catalog) => catalog.run(),
        Command::Doctor(doctor) => doctor.run(),
        Command::Engine(engine) => engine.run(),
        Command::Completions(completions) => completions.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print::error(&*error);
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
