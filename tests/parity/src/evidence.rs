//! The evidence file: what was measured, for the catalog, the docs and the macro.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::measure::Measurement;

/// `model_specs/evidence.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The version of transformers that the outputs were recorded from.
    pub transformers: String,
    /// Model type → task → engine → what was measured.
    pub model_types: BTreeMap<String, BTreeMap<String, BTreeMap<String, Entry>>>,
}

/// What was measured of one task on one engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The precision of the computation.
    pub precision: String,
    /// Configs that were compared.
    pub configs: usize,
    /// Recorded calls and generations that were compared.
    pub runs: usize,
    /// A power of ten that the relative error of every output stays below; it is rounded up so that the
    /// file is the same on machines whose last bits differ.
    pub max_relative_error: String,
}

impl Evidence {
    /// Collects passing measurements; a task on an engine with any failing case is left out.
    pub fn from_measurements(transformers: &str, measurements: &[Measurement]) -> Self {
        let mut groups: BTreeMap<(&str, &str, &str), Vec<&Measurement>> = BTreeMap::new();
        for m in measurements {
            groups.entry((&m.model_type, &m.task, m.engine)).or_default().push(m);
        }
        let mut model_types: BTreeMap<String, BTreeMap<String, BTreeMap<String, Entry>>> = BTreeMap::new();
        for ((model_type, task, engine), group) in groups {
            if !group.iter().all(|m| m.passes()) {
                continue;
            }
            let errors = group.iter().filter_map(|m| Some(m.result.as_ref().ok()?.difference));
            let worst = errors.map(|difference| difference.relative).fold(0.0, f64::max);
            let entry = Entry {
                precision: "f32".to_owned(),
                configs: group.len(),
                runs: group.iter().map(|m| m.runs).sum(),
                max_relative_error: power_of_ten_above(worst),
            };
            let tasks = model_types.entry(model_type.to_owned()).or_default();
            tasks.entry(task.to_owned()).or_default().insert(engine.to_owned(), entry);
        }
        Self { transformers: transformers.to_owned(), model_types }
    }

    /// The content of the file.
    ///
    /// # Errors
    /// None that can happen with these types.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

fn power_of_ten_above(error: f64) -> String {
    let exponent = if error > 0.0 { error.log10().ceil() as i32 } else { -5 };
    // Below 1e-5 the last bits of single precision differ from machine to machine.
    format!("1e{}", exponent.max(-5))
}
