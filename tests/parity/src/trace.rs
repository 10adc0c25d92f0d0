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
use skillset::runtime::ir::{CheckedGraph, Request, Value};
use skillset::runtime::load::StoredWeights;
use skillset::runtime::tensor::file::read_tensors;

use crate::{Difference, Error, Limits, fixtures};

/// Compares the first recorded run of a task module by module.
///
/// transformers runs anew (through `tools/oracle`, by the Python that `SKILLSET_PYTHON` names) to record what
/// every module computes. `config` replaces the fixture's config on this side only.
///
/// # Errors
/// If the fixture, the task or the Python packages are missing.
pub fn trace(
    model_type: &str,
    case: &str,
    task: &str,
    config: Option<&Path>,
) -> Result<Vec<TracedModule>, Error> {
    let fixtures = fixtures(&[model_type.to_owned()])?;
    let fixture = fixtures.iter().find(|fixture| fixture.manifest().case == case);
    let fixture = fixture.ok_or_else(|| format!("{model_type} has no case {case:?}"))?;
    let model_type = registry::get(model_type)?;
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
    let wanted = inputs.keys().cloned().chain(run.enabled_flags()).collect();
    let request = Request { inputs: wanted, ..Request::default() };
    let graph = model_type.graph(&checkpoint.config_reader()?, task.name, &request)?;
    let weights = StoredWeights::find(&graph, model_type, checkpoint)?;

    // Without passes the engine computes every value of the graph as it was built.
    let options = CandleOptions { passes: false, ..CandleOptions::default() };
    let program = CandleEngine::with_options(CandleDevice::Cpu, options)?.load_program(graph, &weights)?;
    let modules = module_outputs(program.executed());
    let paths: BTreeMap<Value, Vec<&String>> =
        modules.iter().fold(BTreeMap::new(), |mut paths, (path, value)| {
            paths.entry(*value).or_insert_with(Vec::new).push(path);
            paths
        });
    let mut actual = Tensors::new();
    program.trace(&inputs, &mut |value, tensor| {
        for path in paths.get(&value).into_iter().flatten() {
            actual.insert((*path).clone(), tensor.clone());
        }
    })?;
    let recorded = record(model_type.model_type, case, task.name, dir.path())?;
    Ok(compare(program.executed(), &actual, &recorded))
}

/// What transformers computes in each module.
fn record(model_type: &str, case: &str, task: &str, dir: &Path) -> Result<Tensors, Error> {
    let python = std::env::var("SKILLSET_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = dir.join("trace.safetensors");
    let mut oracle = Command::new(&python);
    oracle.current_dir(tools_dir()).args(["-m", "oracle", "trace", model_type, case, task, "--output"]);
    let done = oracle.arg(&output).output().map_err(|error| format!("{python}: {error}"))?;
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
    /// How far its output is from transformers'; none where shapes do not agree.
    pub difference: Result<Difference, String>,
}

impl TracedModule {
    /// Whether the output is that of transformers.
    pub fn agrees(&self) -> bool {
        self.difference.as_ref().is_ok_and(|difference| difference.is_within(Limits::F32))
    }
}

/// For each module path, the value that is its output: the last one built at or below the path.
pub fn module_outputs(graph: &CheckedGraph) -> BTreeMap<String, Value> {
    let mut outputs = BTreeMap::new();
    for (value, node) in graph.values().zip(&graph.nodes) {
        if node.op.is_source() {
            continue;
        }
        let mut path = &*node.path;
        while !path.is_empty() {
            outputs.insert(path.to_owned(), value);
            path = path.rsplit_once('.').map_or("", |(parent, _)| parent);
        }
    }
    outputs
}

/// Compares the values of a run (`actual`, by module path) with the recorded ones, in the order in which the
/// graph computes them.
pub fn compare(graph: &CheckedGraph, actual: &Tensors, recorded: &Tensors) -> Vec<TracedModule> {
    let mut order: Vec<(Value, String)> =
        module_outputs(graph).into_iter().map(|(path, value)| (value, path)).collect();
    order.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.len().cmp(&a.1.len())));
    let both = |(_, path): (Value, String)| {
        let difference = Difference::between(actual.get(&path)?, recorded.get(&path)?, None);
        Some(TracedModule { path, difference })
    };
    order.into_iter().filter_map(both).collect()
}
