//! What was measured, as the evidence file has it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::entry::Engine;
use crate::runtime::model::ModelType;

/// `model_specs/evidence.json`.
#[derive(Debug, Deserialize)]
pub(super) struct Evidence {
    pub(super) transformers: String,
    model_types: BTreeMap<String, BTreeMap<String, BTreeMap<String, Measured>>>,
}

#[derive(Debug, Deserialize)]
struct Measured {
    precision: String,
    configs: usize,
    runs: usize,
    max_relative_error: String,
}

impl Evidence {
    pub(super) fn of_build() -> Self {
        serde_json::from_str(include_str!("../../model_specs/evidence.json")).expect("the file is checked in")
    }

    /// What was measured of a class, whose tasks share its graph.
    pub(super) fn of(&self, model: &ModelType, class: &str) -> Vec<Engine> {
        let Some(tasks) = self.model_types.get(model.model_type) else { return vec![] };
        let measured = model.tasks.iter().filter(|task| task.class == class).filter_map(|task| tasks.get(task.name));
        let engine = |(name, measured): (&String, &Measured)| Engine {
            name: name.clone(),
            precision: measured.precision.clone(),
            configs: measured.configs,
            runs: measured.runs,
            max_relative_error: measured.max_relative_error.clone(),
        };
        measured.flatten().map(engine).collect()
    }
}
