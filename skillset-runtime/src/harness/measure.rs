//! Running what was recorded, and measuring how far the results are from it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::compare::Difference;
use super::fixture::{Fixture, FixtureError, Generate, Run};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::engine::{Engine, Tensors};
use crate::generate::{Features, GenerationConfig, MultimodalGenerator};
use crate::ir::BuildError;
use crate::load::{LoadError, Model};
use crate::model::{ModelError, ModelType};
use crate::tensor::Tensor;

/// Why a recorded task cannot be measured, or differs in more than numbers.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The fixture is unusable.
    #[error(transparent)]
    Fixture(#[from] FixtureError),
    /// No temporary checkpoint can be made.
    #[error("temporary checkpoint: {0}")]
    Temporary(#[from] std::io::Error),
    /// The checkpoint that the fixture stands for cannot be opened.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The model type has no such task, or refuses the config.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A recorded call or generation fails, or gives something else.
    #[error("{recorded}: {problem}")]
    Recorded {
        /// Which one, such as `run "padded"`.
        recorded: String,
        /// What failed; or expected and found.
        problem: String,
    },
}

/// What the recorded calls of a task gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// The largest difference of any output, in each measure.
    pub difference: Difference,
    /// Where the relative difference is largest, such as `run "padded": logits`; empty if nothing was compared.
    pub worst: String,
}

impl MeasureError {
    /// Whether the model type refuses the config, by the names of the fields that it does not support.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Model(ModelError::Config(_)) => true,
            // What only one task does not support is found out while its graph is built.
            Self::Model(ModelError::Graph(BuildError::Invalid(messages))) => {
                messages.iter().all(|message| message.contains("config.json: /"))
            }
            _ => false,
        }
    }
}

impl Measured {
    fn add(&mut self, difference: Difference, place: impl FnOnce() -> String) {
        if self.worst.is_empty() || difference.relative > self.difference.relative {
            self.worst = place();
        }
        self.difference = self.difference.worst(difference);
    }
}

/// Measures the recorded calls of a task; generations must be token-exact.
///
/// `task` may be one that was not recorded under its own name, as long as one of its class was: tasks that share
/// a class share its graph.
///
/// # Errors
/// If the fixture, its checkpoint or the engine fails, an output is missing or has another shape, or a generated
/// token differs.
pub fn measure_task(
    fixture: &Fixture,
    model_type: &'static ModelType,
    task: &str,
    engine: Arc<dyn Engine>,
) -> Result<Measured, MeasureError> {
    let name = recorded_task(fixture, model_type, task)?;
    let recorded = fixture.task(name)?;
    if recorded.runs.is_empty() && recorded.generate.is_empty() {
        let problem =
            "expected calls or generations, found none; record the task with tools/oracle".to_owned();
        return Err(MeasureError::Recorded { recorded: format!("task {name:?}"), problem });
    }
    let dir = tempfile::tempdir()?;
    let model = open(fixture, model_type, name, dir.path(), engine)?;
    if let Some(run) = recorded.runs.first() {
        // Refuses a config as such, before any call is to blame.
        let config = model.checkpoint().config_reader().map_err(ModelError::from)?;
        model_type.graph(&config, task, &run.request(model_type.task(task)?))?;
    }
    let mut measured = Measured::default();
    for run in &recorded.runs {
        let place = format!("run {:?}", run.name);
        let differences = compare_run(fixture, (name, task), run, &model);
        let differences =
            differences.map_err(|problem| MeasureError::Recorded { recorded: place.clone(), problem })?;
        for (output, difference) in differences {
            measured.add(difference, || format!("{place}: {output}"));
        }
    }
    for (position, generation) in recorded.generate.iter().enumerate() {
        let place = format!("generation {position}");
        let difference = check_generation(fixture, name, generation, &model)
            .map_err(|problem| MeasureError::Recorded { recorded: place.clone(), problem })?;
        measured.add(difference, || format!("{place}: scores"));
    }
    Ok(measured)
}

/// The name under which a task's class was recorded.
///
/// # Errors
/// If the model type has no such task, or the fixture none of its class.
pub fn recorded_task<'a>(
    fixture: &'a Fixture,
    model_type: &ModelType,
    task: &'a str,
) -> Result<&'a str, MeasureError> {
    if fixture.tasks().any(|(name, _)| name == task) {
        return Ok(task);
    }
    let class = model_type.task(task)?.class;
    match fixture.tasks().find(|(_, recorded)| recorded.class == class) {
        Some((name, _)) => Ok(name),
        // The fixture's own error, which lists what it has.
        None => Ok(fixture.task(task).map(|_| task)?),
    }
}

/// Writes the checkpoint of a recorded task to `dir` and opens it.
///
/// # Errors
/// If the fixture or the checkpoint is unusable.
pub fn open(
    fixture: &Fixture,
    model_type: &'static ModelType,
    task: &str,
    dir: &Path,
    engine: Arc<dyn Engine>,
) -> Result<Model, MeasureError> {
    fs::create_dir_all(dir)?;
    fixture.write_checkpoint(task, dir)?;
    Ok(Model::new(model_type, Arc::new(Checkpoint::open(dir)?), engine))
}

/// Runs a call that was recorded for one task by the program of another (or the same) of its class, and gives the
/// difference of each output.
fn compare_run<'a>(
    fixture: &Fixture,
    (recorded, task): (&str, &str),
    run: &'a Run,
    model: &Model,
) -> Result<Vec<(&'a str, Difference)>, String> {
    let mut inputs = fixture.inputs(recorded, &run.name).map_err(|error| error.to_string())?;
    let expected = fixture.outputs(recorded, &run.name).map_err(|error| error.to_string())?;
    let mask = inputs.get("attention_mask").and_then(|mask| mask.as_i64()).map(<[i64]>::to_vec);
    for (flag, &set) in &run.flags {
        inputs.insert(flag.clone(), Tensor::new([], vec![set]).map_err(|error| error.to_string())?);
    }
    let model_type = model.model_type().map_err(|error| error.to_string())?;
    let task = model_type.task(task).map_err(|error| error.to_string())?;
    let outputs = model.forward(task, inputs).map_err(|error| error.to_string())?;
    let mut differences = vec![];
    for name in &run.outputs {
        let (Some(actual), Some(expected)) = (outputs.get(name), expected.get(name)) else {
            return Err(format!("output {name:?} is missing"));
        };
        let mask = mask.as_deref().filter(|_| run.exclude_padding.contains(name));
        let difference =
            Difference::between(actual, expected, mask).map_err(|error| format!("{name}: {error}"))?;
        differences.push((name.as_str(), difference));
    }
    Ok(differences)
}

/// Generates what was recorded, token by token the same; gives the difference of the scores.
fn check_generation(
    fixture: &Fixture,
    task: &str,
    recorded: &Generate,
    model: &Model,
) -> Result<Difference, String> {
    let options = GenerationConfig::from_json(&Value::Object(recorded.options.clone()), "options");
    let options = options.map_err(|error| error.to_string())?;
    let options = options.or(&GenerationConfig::greedy(recorded.max_new_tokens));
    let takes = |name: &str| model.model_type().is_ok_and(|of| of.inputs.iter().any(|i| i.name == name));
    let is_behind = takes("decoder_input_ids");
    let generated = if is_behind {
        let model = model.encoder_decoder(task).map_err(|error| error.to_string())?;
        let encoded = model.encode(&read_by_encoder(fixture, task, recorded)?);
        let prompts = recorded.decoder_input_ids.as_deref().unwrap_or_default();
        encoded.and_then(|encoded| model.generate(encoded, prompts, &options))
    } else if takes("image_hidden_states") {
        let generator = model.multimodal_generator(task).map_err(|error| error.to_string())?;
        let images = match &recorded.run {
            Some(run) => encode_images(fixture, task, run, &generator)?,
            None => vec![],
        };
        generator.generate(&images.iter().collect::<Vec<_>>(), &prompts(recorded), &options)
    } else {
        let generator = model.generator().map_err(|error: LoadError| error.to_string())?;
        generator.generate(&prompts(recorded), &options)
    };
    let generated = generated.map_err(|error| error.to_string())?;
    if generated.len() != recorded.sequences.len() {
        return Err(format!("expected {} rows, found {}", recorded.sequences.len(), generated.len()));
    }
    // Padded prompts of a decoder that stands alone are as long as the longest; behind an encoder they are not padded.
    let padded = recorded.input_ids.first().filter(|_| !is_behind).map(Vec::len);
    for (expected, sequence) in recorded.sequences.iter().zip(&generated) {
        let expected = expected.get(padded.unwrap_or(sequence.prompt)..).unwrap_or_default();
        if sequence.new_tokens() != expected {
            let (prompt, found) = (&sequence.tokens[..sequence.prompt], sequence.new_tokens());
            return Err(format!("after {prompt:?}: expected {expected:?}, found {found:?}"));
        }
    }
    let Some(expected) = &recorded.scores else { return Ok(Difference::default()) };
    let found: Option<Vec<f32>> = generated.iter().map(|sequence| sequence.score).collect();
    let found = found.ok_or("expected scores, found none")?;
    let vector = |scores: Vec<f32>| Tensor::new([scores.len()], scores).map_err(|error| error.to_string());
    Difference::between(&vector(found)?, &vector(expected.clone())?, None)
}

/// The recorded prompts without padding.
fn prompts(recorded: &Generate) -> Vec<Vec<i64>> {
    let Some(masks) = &recorded.attention_mask else { return recorded.input_ids.clone() };
    let real = |(ids, mask): (&Vec<i64>, &Vec<i64>)| {
        ids.iter().zip(mask).filter(|(_, mask)| **mask != 0).map(|(id, _)| *id).collect()
    };
    recorded.input_ids.iter().zip(masks).map(real).collect()
}

/// What the encoder makes of the images that a run was given.
fn encode_images(
    fixture: &Fixture,
    task: &str,
    run: &str,
    generator: &MultimodalGenerator,
) -> Result<Vec<Features>, String> {
    let mut inputs = fixture.inputs(task, run).map_err(|error| error.to_string())?;
    inputs.retain(|name, _| generator.encoder().takes(name));
    let images = inputs.values().next().and_then(|tensor| tensor.shape().first().copied());
    generator.encode(images.unwrap_or(0), &inputs).map_err(|error| error.to_string())
}

/// What a recorded generation gave to the encoder: tokens, or what one of the task's runs did.
fn read_by_encoder(fixture: &Fixture, task: &str, recorded: &Generate) -> Result<Tensors, String> {
    if let Some(run) = &recorded.run {
        let mut inputs = fixture.inputs(task, run).map_err(|error| error.to_string())?;
        inputs.retain(|name, _| !name.starts_with("decoder_"));
        return Ok(inputs);
    }
    let tensor = |rows: &[Vec<i64>]| {
        let width = rows.first().map_or(0, Vec::len);
        Tensor::new([rows.len(), width], rows.concat()).map_err(|error| error.to_string())
    };
    let ids = tensor(&recorded.input_ids)?;
    let mask = match &recorded.attention_mask {
        Some(mask) => tensor(mask)?,
        None => Tensor::new(ids.shape(), vec![1i64; ids.shape().iter().product()])
            .map_err(|error| error.to_string())?,
    };
    Ok(Tensors::from([("input_ids".to_owned(), ids), ("attention_mask".to_owned(), mask)]))
}
