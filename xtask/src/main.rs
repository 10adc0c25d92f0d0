//! Chores of the repository: `cargo xtask --help`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line prints")]

mod bench;
mod catalog;
mod codegen;
mod command;
mod new;
mod parity;
mod test;
mod tidy;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Chores of the repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    Test(test::Test),
    Verify(verify::Verify),
    Parity(parity::Parity),
    /// Write what is generated and checked in, or show the code of one model type.
    Codegen(codegen::Arguments),
    New(new::New),
    Tidy(tidy::Tidy),
    Bench(bench::Bench),
}

/// What keeps a chore from being done.
type Error = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let done = match Cli::parse().chore {
        Chore::Test(test) => test.run(),
        Chore::Verify(verify) => verify.run(),
        Chore::Parity(parity) => parity.run(),
        Chore::Codegen(arguments) => codegen::run(&arguments),
        Chore::New(new) => new.run(),
        Chore::Tidy(tidy) => tidy.run(),
        Chore::Bench(bench) => bench.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
