//! Speed beside PyTorch, ONNX Runtime and candle-transformers.

use std::ffi::OsString;
use std::process::Command;

use clap::Args;

use crate::Error;
use crate::command::{cargo, root, run};

/// What is measured, and how often.
#[derive(Debug, Args)]
pub(super) struct Peers {
    /// Measure only this scenario, such as bert-1x128; may be repeated.
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// Run only this contestant, such as "skillset candle"; may be repeated.
    #[arg(long, value_name = "NAME")]
    contestant: Vec<String>,
    /// Turns of each contestant in each scenario [default: 15].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    /// Three rounds and one start: whether everything runs, not how fast.
    #[arg(long)]
    quick: bool,
}

impl Peers {
    pub(super) fn run(self) -> Result<(), Error> {
        // A build takes minutes, so mistakes in arguments or a missing package are reported first.
        run(self.driver().arg("--check"))?;
        let manifest = root().join("benches/peers/Cargo.toml");
        let build = root().join("target/bench/build");
        let arguments: [OsString; 6] = [
            "build".into(),
            "--release".into(),
            "--manifest-path".into(),
            manifest.into(),
            "--target-dir".into(),
            build.into(),
        ];
        run(&mut cargo(arguments))?;
        run(&mut self.driver())
    }

    /// The Python program that leads the contestants.
    fn driver(&self) -> Command {
        let python = std::env::var_os("SKILLSET_PYTHON").unwrap_or_else(|| "python3".into());
        let mut driver = Command::new(python);
        driver.current_dir(root()).args([
            "benches/peers/python/run.py",
            "--work=target/bench",
            "--binaries=target/bench/build/release",
        ]);
        driver.args(self.scenario.iter().map(|name| format!("--scenario={name}")));
        driver.args(self.contestant.iter().map(|name| format!("--contestant={name}")));
        let (rounds, starts) = if self.quick { (Some(3), Some(1)) } else { (None, None) };
        driver.args(self.rounds.or(rounds).map(|rounds| format!("--rounds={rounds}")));
        driver.args(starts.map(|starts: u32| format!("--load-rounds={starts}")));
        driver
    }
}
