//! Measurements of whole fixtures, as the table and the evidence have them.

use std::sync::Arc;

use skillset::registry;
use skillset::runtime::engine::EngineOptions;
use skillset::runtime::harness::fixture::Fixture;
use skillset::runtime::harness::{Limits, MeasureError, Measured, measure_task};

use crate::Error;

/// What one task of one fixture gave on one engine.
#[derive(Debug)]
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
    pub result: Result<Measured, MeasureError>,
}

impl Measurement {
    /// Whether everything was within the limits and token-exact.
    pub fn passes(&self) -> bool {
        self.result.as_ref().is_ok_and(|measured| measured.difference.is_within(Limits::F32))
    }

    /// Whether the config was refused, by the names of the fields that are not supported.
    pub fn is_refusal(&self) -> bool {
        self.result.as_ref().is_err_and(MeasureError::is_refusal)
    }
}

/// Measures every recorded task of `fixture` that the model type has, on the engine of `options`.
///
/// # Errors
/// If the engine cannot be opened or the model type is unknown; failures of a task are in its measurement.
pub fn measure(fixture: &Fixture, options: &EngineOptions) -> Result<Vec<Measurement>, Error> {
    let engine = options.open()?;
    let manifest = fixture.manifest();
    let model_type = registry::architecture(&manifest.model_type)?;
    let mut measurements = vec![];
    for (task, recorded) in fixture.tasks() {
        if !model_type.tasks.iter().any(|known| known.name == task) {
            continue;
        }
        let result = measure_task(fixture, model_type, task, Arc::clone(&engine));
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
