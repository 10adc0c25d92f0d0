//! Running what was recorded.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use skillset::registry;
use skillset::runtime::checkpoint::Checkpoint;
use skillset::runtime::engine::{Engine, EngineOptions, Tensors};
use skillset::runtime::generate::GenerationConfig;
use skillset::runtime::harness::fixture::{Fixture, Generate, Run};
use skillset::runtime::load::Model;
use skillset::runtime::tensor::Tensor;

use crate::{Difference, Error, Limits};

/// What one task of one fixture gave on one engine.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// The model type.
    pub model_type: String,
    /// The fixture's case.
    pub case: String,
    /// The task.
    pub task: String,
    /// The engine's name.
    pub engine: &'static str,
    /// Recorded calls and generations that were compared.
    pub runs: usize,
    /// The largest difference of any output; or what failed.
    pub result: Result<Difference, String>,
}

impl Measurement {
    /// Whether everything was within the limits and token-exact.
    pub fn passes(&self) -> bool {
        self.result.as_ref().is_ok_and(|difference| difference.is_within(Limits::F32))
    }
}

/// Measures every recorded task of `fixture` that the model type has, on the engine of `options`.
///
/// # Errors
/// If the engine cannot be opened or the model type is unknown; failures of a task are in its measurement.
pub fn measure(fixture: &Fixture, options: &EngineOptions) -> Result<Vec<Measurement>, Error> {
    let engine = options.open()?;
    let manifest = fixture.manifest();
    let model_type = registry::get(&manifest.model_type)?;
    let mut measurements = vec![];
    for (task, recorded) in fixture.tasks() {
        if !model_type.tasks.iter().any(|known| known.name == task) {
            continue;
        }
        let result = measure_task(fixture, task, &engine).map_err(|error| error.to_string());
        measurements.push(Measurement {
            model_type: manifest.model_type.clone(),
            case: manifest.case.clone(),
            task: task.to_owned(),
            engine: options.kind.name(),
            runs: recorded.runs.len() + recorded.generate.len(),
            result,
        });
    }
    Ok(measurements)
}

fn measure_task(fixture: &Fixture, task: &str, engine: &Arc<dyn Engine>) -> Result<Difference, Error> {
    let dir = tempfile::tempdir()?;
    let model = open(fixture, task, dir.path(), Arc::clone(engine))?;
    let recorded = fixture.task(task)?;
    let mut worst = Difference::default();
    for run in &recorded.runs {
        let difference = compare_run(fixture, task, run, &model);
        worst = worst.worst(difference.map_err(|error| format!("run {:?}: {error}", run.name))?);
    }
    for (position, generation) in recorded.generate.iter().enumerate() {
        check_generation(generation, &model).map_err(|error| format!("generation {position}: {error}"))?;
    }
    Ok(worst)
}

/// Writes the checkpoint of a recorded task to `dir` and opens it.
///
/// # Errors
/// If the fixture or the checkpoint is unusable.
pub fn open(fixture: &Fixture, task: &str, dir: &Path, engine: Arc<dyn Engine>) -> Result<Model, Error> {
    fs::create_dir_all(dir)?;
    fixture.write_checkpoint(task, dir)?;
    let checkpoint = Arc::new(Checkpoint::open(dir)?);
    let model_type = registry::get(&checkpoint.model_type()?)?;
    Ok(Model::new(model_type, checkpoint, engine))
}

fn compare_run(fixture: &Fixture, task: &str, run: &Run, model: &Model) -> Result<Difference, Error> {
    let mut inputs: Tensors = fixture.inputs(task, &run.name)?;
    let mask = inputs.get("attention_mask").and_then(|mask| mask.as_i64()).map(<[i64]>::to_vec);
    for flag in run.enabled_flags() {
        inputs.insert(flag, Tensor::new([], vec![true])?);
    }
    let expected: Tensors = fixture.outputs(task, &run.name)?;
    let outputs = model.forward(model.model_type().task(task)?, inputs)?;
    let mut worst = Difference::default();
    for name in &run.outputs {
        let (Some(actual), Some(expected)) = (outputs.get(name), expected.get(name)) else {
            return Err(format!("output {name:?} is missing").into());
        };
        let mask = mask.as_deref().filter(|_| run.exclude_padding.contains(name));
        let difference =
            Difference::between(actual, expected, mask).map_err(|error| format!("{name}: {error}"))?;
        worst = worst.worst(difference);
    }
    Ok(worst)
}

fn check_generation(recorded: &Generate, model: &Model) -> Result<(), Error> {
    let prompts = match &recorded.attention_mask {
        None => recorded.input_ids.clone(),
        Some(masks) => {
            let real = |(ids, mask): (&Vec<i64>, &Vec<i64>)| {
                ids.iter().zip(mask).filter(|(_, mask)| **mask != 0).map(|(id, _)| *id).collect()
            };
            recorded.input_ids.iter().zip(masks).map(real).collect()
        }
    };
    let generated =
        model.generator()?.generate(&prompts, &GenerationConfig::greedy(recorded.max_new_tokens))?;
    for (expected, sequence) in recorded.sequences.iter().zip(&generated) {
        let expected = &expected[expected.len() - recorded.max_new_tokens..];
        if sequence.new_tokens() != expected {
            let (prompt, found) = (&sequence.tokens[..sequence.prompt], sequence.new_tokens());
            return Err(format!("after {prompt:?}: expected {expected:?}, found {found:?}").into());
        }
    }
    Ok(())
}
