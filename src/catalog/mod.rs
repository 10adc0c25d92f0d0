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

use crate::registry::{self, Summary};

/// Every model type of a build, in order of their names.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// The version of transformers that the facts and the measurements are of.
    pub transformers: String,
    /// The registry in numbers.
    pub summary: Summary,
    /// The model types.
    pub entries: Vec<Entry>,
}

/// How many of the model types each choice of a filter leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Choices {
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
        Self {
            transformers: transformers_version(),
            summary: Summary::of(registry::all()),
            entries: registry::all().map(Entry::new).collect(),
        }
    }

    /// The pages and assets of the site by their paths in it.
    ///
    /// # Errors
    /// If a template is wrong.
    pub fn pages(&self) -> Result<BTreeMap<String, String>, minijinja::Error> {
        pages::render(self)
    }

    /// The choices of the filters.
    pub fn choices(&self) -> Choices {
        let mut choices = Choices::default();
        for entry in &self.entries {
            *choices.modalities.entry(entry.modality.clone()).or_default() += 1;
            *choices.statuses.entry(entry.status.name()).or_default() += 1;
            for engine in &entry.engines {
                *choices.engines.entry(engine.clone()).or_default() += 1;
            }
            for task in &entry.tasks {
                *choices.tasks.entry(task.name.clone()).or_default() += 1;
            }
        }
        choices
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
