//! What the macro knows about model types: the index of the specs, and what the evidence says about each task.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use serde::{Deserialize, Serialize};
use skillset_codegen::{IndexEntry, SpecIndex};

/// `model_specs/evidence.json`, as far as it is of interest here.
#[derive(Deserialize)]
struct Evidence {
    /// Model type → task → engine → what was measured.
    model_types: BTreeMap<String, BTreeMap<String, BTreeMap<String, Measured>>>,
}

#[derive(Deserialize)]
struct Measured {
    max_relative_error: String,
}

/// One model type of `skillset-macros/src/index.json`.
#[derive(Serialize)]
pub struct Entry {
    title: String,
    modality: String,
    tasks: BTreeMap<String, Head>,
}

#[derive(Serialize)]
struct Head {
    class: String,
    /// Engine → the relative error that was not exceeded.
    measured: BTreeMap<String, String>,
}

/// Joins the index of the specs with the evidence.
pub fn with_evidence(index: SpecIndex, path: &Path) -> Result<BTreeMap<String, Entry>, Box<dyn Error>> {
    let evidence = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let evidence: Evidence =
        serde_json::from_slice(&evidence).map_err(|error| format!("{}: {error}", path.display()))?;
    let join = |(model_type, entry): (String, IndexEntry)| {
        let measured = evidence.model_types.get(&model_type);
        let head = |(task, class): (&String, &String)| {
            // Tasks of one class share its graph, so what was measured of one was measured of all.
            let of_class = entry.tasks.iter().filter(|(_, other)| *other == class);
            let engines = of_class.filter_map(|(task, _)| measured?.get(task)).flatten();
            let measured =
                engines.map(|(engine, measured)| (engine.clone(), measured.max_relative_error.clone()));
            (task.clone(), Head { class: class.clone(), measured: measured.collect() })
        };
        let tasks = entry.tasks.iter().map(head).collect();
        (model_type, Entry { title: entry.title, modality: entry.modality, tasks })
    };
    Ok(index.0.into_iter().map(join).collect())
}
