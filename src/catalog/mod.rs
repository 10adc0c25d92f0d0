//! The catalog: a static site of every model type, what it can do, and what of that was measured.
//!
//! [`Catalog::of_build`] gathers what this build knows, [`Catalog::pages`] renders it, [`write`](write()) puts it
//! into a folder. The pages need no network and no server: they work from `file://`.

mod drawing;
mod entry;
mod output;
mod pages;
mod usage;

pub use entry::{Class, Drawing, Engine, Entry, Field, Status, TaskEntry};
pub use output::{OutputError, write};
pub use usage::Usage;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::models;
use crate::registry;
use crate::runtime::model::Metadata;

/// Every model type of a build, in order of their names.
#[derive(Clone, Debug, Serialize)]
pub struct Catalog {
    /// The version of transformers that the facts and the measurements are of.
    pub transformers: String,
    /// The model types.
    pub entries: Vec<Entry>,
}

/// How many of the model types there are by something that they have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All of them.
    pub all: usize,
    /// Those with a task that was held against transformers.
    pub verified: usize,
    /// Tasks of model types that were held against transformers.
    pub verified_tasks: usize,
    /// By modality.
    pub modalities: BTreeMap<String, usize>,
    /// By status.
    pub statuses: BTreeMap<&'static str, usize>,
    /// By engine that was held against transformers.
    pub engines: BTreeMap<String, usize>,
    /// By task, measured or not.
    pub tasks: BTreeMap<String, usize>,
}

impl Catalog {
    /// The catalog of the model types that are compiled in.
    pub fn of_build() -> Self {
        let entry = |metadata: &&'static Metadata| Entry::new(metadata, registry::find(metadata.model_type));
        Self { transformers: transformers_version(), entries: models::METADATA.iter().map(entry).collect() }
    }

    /// The pages and assets of the site by their paths in it.
    ///
    /// # Errors
    /// If a template is wrong.
    pub fn pages(&self) -> Result<BTreeMap<String, String>, minijinja::Error> {
        pages::render(self)
    }

    /// The counts that the index shows.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { all: self.entries.len(), ..Counts::default() };
        for entry in &self.entries {
            let verified = entry.tasks.iter().filter(|task| task.is_verified()).count();
            counts.verified += usize::from(verified > 0);
            counts.verified_tasks += verified;
            *counts.modalities.entry(entry.modality.clone()).or_default() += 1;
            *counts.statuses.entry(entry.status.name()).or_default() += 1;
            for engine in &entry.engines {
                *counts.engines.entry(engine.clone()).or_default() += 1;
            }
            for task in &entry.tasks {
                *counts.tasks.entry(task.name.clone()).or_default() += 1;
            }
        }
        counts
    }
}

/// The version of transformers that outputs were recorded from.
fn transformers_version() -> String {
    #[derive(Deserialize)]
    struct Evidence {
        transformers: String,
    }
    let evidence: Evidence = serde_json::from_str(include_str!("../../model_specs/evidence.json"))
        .expect("the file is checked in, and read by every test run");
    evidence.transformers
}
