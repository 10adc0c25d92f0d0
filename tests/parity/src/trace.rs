//! Finding the first module whose output differs from transformers'.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use skillset::registry;
use skillset::runtime::checkpoint::Checkpoint;
use skillset::runtime::engine::Tensors;
use skillset::runtime::engine::candle::{CandleDevice, CandleEngine, CandleOptions};
use skillset::runtime::harness::{Difference, Limits};
use skillset::runtime::ir::{CheckedGraph, Value};
use skillset::runtime::load::StoredWeights;
use skillset::runtime::tensor::Tensor;
use skillset::runtime::tensor::file::read_tensors;

use crate::{Error, fixtures, fixtures_dir};

/// Compares the first recorded run of a task module by module.
///
/// transformers runs anew (through `tools/oracle`, by the Python that `SKILLSET_PYTHON` names) to record what
/// every module computes. `drawn` is the folder of fixtures that `oracle draw` recorded, none for those of this
/// repository; `config` replaces the fixture's config on this side only.
///
/// # Errors
/// If the fixture, the task or the Python packages are missing.
pub fn trace(
    drawn: Option<&Path>,
    model_type: &str,
    case: &str,
    task: &str,
    config: Option<&Path>,
) -> Result<Vec<TracedModule>, Error> {
    let fixtures = fixtures(drawn.unwrap_or(&fixtures_dir()), &[model_type.to_owned()])?;
    let fixture = fixtures.iter().find(|fixture| fixture.manifest().case == case);
    let fixture = fixture.ok_or_else(|| format!("{model_type} has no case {case:?}"))?;
    let model_type = registry::architecture(model_type)?;
    let task = model_type.task(task)?;
    let run =
        fixture.task(task.name)?.runs.first().ok_or_else(|| format!("{}: nothing recorded", task.name))?;

    let dir = tempfile::tempdir()?;
    fixture.write_checkpoint(task.name, dir.path())?;
    if let Some(config) = config {
        fs::copy(config, dir.path().join("config.json"))?;
    }
    let checkpoint = Arc::new(Checkpoint::open(dir.path())?);
    let inputs = fixture.inputs(task.name, &run.name)?;
    let graph = model_type.graph(&checkpoint.config_reader()?, task.name, &run.request(task))?;
    let weights = StoredWeights::find(&graph, model_type, checkpoint)?;

    // Without passes the engine computes every value of the graph as it was built.
    let options = CandleOptions { passes: false, ..CandleOptions::default() };
    let program = CandleEngine::with_options(CandleDevice::Cpu, options)?.load_program(graph, &weights)?;
    let mut values = vec![];
    program.trace(&inputs, &mut |_, tensor| values.push(tensor))?;
    let recorded = record(drawn, model_type.model_type, case, task.name, dir.path())?;
    Ok(compare(&modules(program.executed()), &values, &recorded))
}

/// What transformers computes in each module.
fn record(
    drawn: Option<&Path>,
    model_type: &str,
    case: &str,
    task: &str,
    dir: &Path,
) -> Result<Tensors, Error> {
    let python = std::env::var("SKILLSET_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = dir.join("trace.safetensors");
    let mut oracle = Command::new(&python);
    oracle.current_dir(tools_dir()).args(["-m", "oracle", "trace", model_type, case, task]);
    if let Some(configs) = drawn {
        oracle.arg("--configs").arg(std::path::absolute(configs)?);
    }
    let done = oracle.arg("--output").arg(&output).output().map_err(|error| format!("{python}: {error}"))?;
    if !done.status.success() {
        let stderr = String::from_utf8_lossy(&done.stderr);
        let last = stderr.lines().last().unwrap_or_default();
        return Err(format!(
            "{python} -m oracle failed: {last}; install tools/oracle/requirements.txt for that Python, or name \
             another by SKILLSET_PYTHON"
        )
        .into());
    }
    Ok(read_tensors(&output)?)
}

fn tools_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools")
}

/// One module that transformers and the graph both have.
#[derive(Clone, Debug)]
pub struct TracedModule {
    /// Its checkpoint path.
    pub path: String,
    /// How far the nearest value of the graph is from its output.
    pub difference: Difference,
}

impl TracedModule {
    /// Whether the output is that of transformers.
    pub fn agrees(&self) -> bool {
        self.difference.is_within(Limits::F32)
    }
}

/// The paths of modules that the graph computes something in, in the order in which they are done; of those
/// done together the innermost first.
fn modules(graph: &CheckedGraph) -> Vec<String> {
    let mut last = BTreeMap::new();
    for (value, node) in graph.values().zip(&graph.nodes) {
        let mut path = if node.op.is_source() { "" } else { &*node.path };
        while !path.is_empty() {
            last.insert(path.to_owned(), value);
            path = path.rsplit_once('.').map_or("", |(parent, _)| parent);
        }
    }
    let mut order: Vec<(String, Value)> = last.into_iter().collect();
    order.sort_by(|(a, done), (b, after)| done.cmp(after).then_with(|| b.len().cmp(&a.len())));
    order.into_iter().map(|(path, _)| path).collect()
}

/// Looks for each module's recorded output among the values of the run.
///
/// A module and a scope of the graph may end at different operations (an activation belongs to one or the
/// other), so a module agrees if any value of its shape is its output. One that is not finite is infinitely far.
fn compare(modules: &[String], values: &[Tensor], recorded: &Tensors) -> Vec<TracedModule> {
    let traced = |path: &String| {
        let expected = recorded.get(path)?;
        let alike = values.iter().filter(|value| value.shape() == expected.shape());
        let far = Difference { relative: f64::INFINITY, absolute: f64::INFINITY };
        let differences = alike.map(|value| Difference::between(value, expected, None).unwrap_or(far));
        let nearest = differences.min_by(|a, b| a.relative.total_cmp(&b.relative))?;
        Some(TracedModule { path: path.clone(), difference: nearest })
    };
    modules.iter().filter_map(traced).collect()
}
