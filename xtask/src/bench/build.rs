//! What it costs to compile the model types: processor time and memory of building the facade crate.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use clap::Args;
use wait4::Wait4;

use crate::Error;
use crate::command::{cargo, root};

/// Measure what building the facade crate costs, with all model types and with one.
///
/// Dependencies are built first and not counted. Prints Markdown: the time by the clock, processor seconds of
/// cargo and all it starts (what counts; the clock depends on cores and other load), and the memory of the largest process. A
/// build of its own under target/bench/cost is used, which takes some GB.
#[derive(Debug, Args)]
pub(super) struct Build {
    /// The spec that is touched, and the only model type of the small build
    #[arg(long, value_name = "TYPE", default_value = "bert")]
    model_type: String,
    /// Leave out the release builds, whose dependencies take minutes
    #[arg(long)]
    no_release: bool,
}

/// What a row of the table builds, after the facade's own artifacts were removed or a spec was touched.
struct Case {
    name: &'static str,
    command: &'static str,
    profile: &'static str,
    starts: Start,
    selection: Selection,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// Nothing of the facade is there, all dependencies are.
    Nothing,
    /// Everything is there, and one spec is newer.
    TouchedSpec,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Selection {
    All,
    One,
}

/// A command's cost.
struct Cost {
    clock: Duration,
    processor: Duration,
    peak: u64,
}

impl Build {
    pub(super) fn run(self) -> Result<(), Error> {
        let specs = specs(&root().join("model_specs"))?;
        let file_name = format!("{}.json", self.model_type);
        let touched = specs.iter().find(|spec| spec.ends_with(&file_name));
        let touched = touched.ok_or_else(|| format!("there is no spec {file_name} in model_specs/"))?;
        println!("{} specs of model types.\n", specs.len());
        println!("| model types | build | from | clock s | processor s | processor ms a type | peak MiB |");
        println!("| --- | --- | --- | ---: | ---: | ---: | ---: |");
        for case in CASES.iter().filter(|case| !self.no_release || case.profile != "release") {
            self.prepare(case, touched)?;
            let cost = measured(&mut self.command(case))?;
            let types = if case.selection == Selection::All { specs.len() } else { 1 };
            let (selection, start) = match (case.selection, case.starts) {
                (Selection::All, start) => ("all", start),
                (Selection::One, start) => (self.model_type.as_str(), start),
            };
            let start = match start {
                Start::Nothing => "nothing of the crate",
                Start::TouchedSpec => "one spec touched",
            };
            println!(
                "| {selection} | {} | {start} | {:.1} | {:.1} | {:.1} | {} |",
                case.name,
                cost.clock.as_secs_f64(),
                cost.processor.as_secs_f64(),
                1e3 * cost.processor.as_secs_f64() / types as f64,
                cost.peak >> 20
            );
        }
        Ok(())
    }

    /// Builds everything, then takes away what the case is about.
    fn prepare(&self, case: &Case, spec: &Path) -> Result<(), Error> {
        measured(&mut self.command(case))?;
        match case.starts {
            Start::Nothing => {
                let clean = ["clean", "--quiet", "--package", "skillset", "--profile", case.profile];
                measured(cargo(clean).arg("--target-dir").arg(target()))?;
            }
            Start::TouchedSpec => File::options().append(true).open(spec)?.set_modified(SystemTime::now())?,
        }
        Ok(())
    }

    fn command(&self, case: &Case) -> Command {
        let mut command = cargo([case.command, "--quiet", "--package", "skillset", "--lib"]);
        command.args(["--profile", case.profile, "--target-dir"]).arg(target());
        match case.selection {
            Selection::All => command.env_remove("SKILLSET_MODELS"),
            Selection::One => command.env("SKILLSET_MODELS", &self.model_type),
        };
        command
    }
}

const CASES: &[Case] = &[
    Case {
        name: "check",
        command: "check",
        profile: "dev",
        starts: Start::Nothing,
        selection: Selection::All,
    },
    Case {
        name: "check",
        command: "check",
        profile: "dev",
        starts: Start::TouchedSpec,
        selection: Selection::All,
    },
    Case {
        name: "check",
        command: "check",
        profile: "dev",
        starts: Start::Nothing,
        selection: Selection::One,
    },
    Case { name: "dev", command: "build", profile: "dev", starts: Start::Nothing, selection: Selection::All },
    Case {
        name: "dev",
        command: "build",
        profile: "dev",
        starts: Start::TouchedSpec,
        selection: Selection::All,
    },
    Case { name: "dev", command: "build", profile: "dev", starts: Start::Nothing, selection: Selection::One },
    Case {
        name: "release",
        command: "build",
        profile: "release",
        starts: Start::Nothing,
        selection: Selection::All,
    },
    Case {
        name: "release",
        command: "build",
        profile: "release",
        starts: Start::Nothing,
        selection: Selection::One,
    },
];

fn target() -> PathBuf {
    root().join("target/bench/cost")
}

/// The files of the model types: `model_specs/<modality>/<type>.json`, without the parts of others' configs.
fn specs(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut specs = vec![];
    for modality in ["audio", "multimodal", "text", "vision"] {
        for entry in fs::read_dir(folder.join(modality))? {
            specs.push(entry?.path());
        }
    }
    Ok(specs)
}

fn measured(command: &mut Command) -> Result<Cost, Error> {
    let start = Instant::now();
    let used = command.spawn()?.wait4()?;
    if !used.status.success() {
        return Err(format!("cargo failed: {}", used.status).into());
    }
    let rusage = used.rusage;
    Ok(Cost { clock: start.elapsed(), processor: rusage.utime + rusage.stime, peak: rusage.maxrss })
}
