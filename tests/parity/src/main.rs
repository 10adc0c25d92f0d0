//! `cargo xtask parity`: measures, prints a table, keeps the evidence.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line prints")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use skillset::runtime::engine::{EngineKind, EngineOptions};
use skillset::runtime::harness::Measured;
use skillset_parity::evidence::Evidence;
use skillset_parity::measure::{Measurement, measure};
use skillset_parity::{Error, fixtures, fixtures_dir, trace};

/// Hold model types against the outputs recorded from transformers.
#[derive(Debug, Parser)]
#[command(name = "parity")]
struct Arguments {
    /// Model types; all that have fixtures by default
    model_types: Vec<String>,
    /// Engines; all by default
    #[arg(long)]
    engine: Vec<EngineKind>,
    /// Fixtures of other configs, such as `python -m oracle draw` records. One that is refused is no failure
    #[arg(long, value_name = "FOLDER")]
    fixtures: Option<PathBuf>,
    /// Write model_specs/evidence.json, which is about everything; for `cargo xtask verify`
    #[arg(long, conflicts_with_all = ["model_types", "engine", "trace", "fixtures"])]
    write_evidence: bool,
    /// Fail if model_specs/evidence.json claims other than what was measured; for `cargo xtask verify --check`
    #[arg(long, conflicts_with_all = ["write_evidence", "model_types", "engine", "trace", "fixtures"])]
    check_evidence: bool,
    /// Compare module by module and name the first that differs; needs the packages of tools/oracle
    #[arg(long)]
    trace: bool,
    /// With --trace: another config.json for the graph, such as one with a mistake
    #[arg(long, requires = "trace", value_name = "FILE")]
    config: Option<PathBuf>,
    /// With --trace: the case and the task to compare
    #[arg(long, default_value = "default", requires = "trace")]
    case: String,
    /// With --trace: the task to compare
    #[arg(long, default_value = "base", requires = "trace")]
    task: String,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = if arguments.trace { trace_types(&arguments) } else { measure_types(&arguments) };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure_types(arguments: &Arguments) -> Result<ExitCode, Error> {
    let engines =
        if arguments.engine.is_empty() { EngineKind::ALL.to_vec() } else { arguments.engine.clone() };
    let dir = arguments.fixtures.clone().unwrap_or_else(fixtures_dir);
    let fixtures = fixtures(&dir, &arguments.model_types)?;
    let mut measurements = vec![];
    println!(
        "{:<10} {:<14} {:<26} {:<8} {:>4}  {:<9} {:<9}",
        "type", "case", "task", "engine", "runs", "relative", "absolute"
    );
    for fixture in &fixtures {
        for &kind in &engines {
            let measured = measure(fixture, &EngineOptions { kind, ..EngineOptions::default() })?;
            measured.iter().for_each(print_row);
            measurements.extend(measured);
        }
    }
    let refused = measurements.iter().filter(|m| m.is_refusal()).count();
    let failed = measurements.iter().filter(|m| !m.passes() && !m.is_refusal()).count();
    println!("\n{} compared, {failed} failed, {refused} refused", measurements.len() - refused);

    let transformers = fixtures.first().map_or("", |fixture| &fixture.manifest().transformers);
    let evidence = Evidence::from_measurements(transformers, &measurements);
    if arguments.write_evidence {
        fs::write(evidence_path(), evidence.to_json()?)?;
    }
    if arguments.check_evidence {
        let claimed = fs::read_to_string(evidence_path())?;
        if claimed != evidence.to_json()? {
            return Err("model_specs/evidence.json differs from what was measured; review it after \
                        `cargo xtask verify`"
                .into());
        }
    }
    // Of the configs that this repository has none may be refused.
    let holds = failed == 0 && (refused == 0 || arguments.fixtures.is_some());
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_row(m: &Measurement) {
    let mark = match m {
        m if m.passes() => "",
        m if m.is_refusal() => "  REFUSED",
        _ => "  FAILED",
    };
    print!("{:<10} {:<14} {:<26} {:<8} {:>4}  ", m.model_type, m.case, m.task, m.engine, m.runs);
    match &m.result {
        Ok(Measured { difference, worst }) => {
            let place = if m.passes() { String::new() } else { format!(" at {worst}") };
            println!("{:<9.1e} {:<9.1e}{mark}{place}", difference.relative, difference.absolute);
        }
        Err(error) => println!("{error}{mark}"),
    }
}

fn trace_types(arguments: &Arguments) -> Result<ExitCode, Error> {
    if arguments.model_types.is_empty() {
        return Err("--trace takes the model types to trace, such as `bert --trace`".into());
    }
    let mut agrees = true;
    for model_type in &arguments.model_types {
        let fixtures = arguments.fixtures.as_deref();
        let (case, task) = (&arguments.case, &arguments.task);
        let modules = trace::trace(fixtures, model_type, case, task, arguments.config.as_deref())?;
        if modules.is_empty() {
            return Err(format!(
                "{model_type}: no module is on both sides; are the paths those of the checkpoint?"
            )
            .into());
        }
        for module in &modules {
            println!("{:<56} {:.1e}", module.path, module.difference.relative);
        }
        match modules.iter().find(|module| !module.agrees()) {
            Some(first) => println!("\n{model_type}: the first module that differs is {}", first.path),
            None => println!("\n{model_type}: all {} modules agree", modules.len()),
        }
        agrees &= modules.iter().all(trace::TracedModule::agrees);
    }
    Ok(if agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn evidence_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../model_specs/evidence.json")
}
