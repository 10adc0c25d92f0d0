//! What the macro knows about model types: the index of the specs with what the evidence says about each task, and the
//! names and tasks of all that are listed.

use std::collections::BTreeMap;

use serde::Serialize;
use skillset_codegen::{IndexEntry, ListedEntry, Output};

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

/// The model types that have an architecture.
pub fn architectures(output: &Output) -> BTreeMap<&str, Entry> {
    let entry = |(model_type, entry): (&String, &IndexEntry)| {
        let measured = |task: &str, class: &str| {
            let same_class = entry.tasks.iter().filter(|(_, other)| *other == class);
            let engines =
                output.evidence.as_ref()?.find(model_type, task, same_class.map(|(task, _)| &**task))?;
            let bound = |(engine, measured): (_, &skillset_codegen::spec::Measured)| {
                (format!("{engine:?}").to_lowercase(), measured.max_relative_error.text().to_owned())
            };
            Some(engines.iter().map(bound).collect())
        };
        let head = |(task, class): (&String, &String)| {
            (task.clone(), Head { class: class.clone(), measured: measured(task, class).unwrap_or_default() })
        };
        let (title, modality) = (entry.title.clone(), entry.modality.clone());
        Entry { title, modality, tasks: entry.tasks.iter().map(head).collect() }
    };
    output.index.0.iter().map(|(name, indexed)| (name.as_str(), entry((name, indexed)))).collect()
}

/// All model types, a line each: name, modality, title, and the tasks with spaces between them; with tabs in between.
pub fn listed(output: &Output) -> String {
    let line = |(model_type, entry): (&String, &ListedEntry)| {
        let ListedEntry { title, modality, tasks } = entry;
        format!("{model_type}\t{modality}\t{title}\t{}\n", tasks.join(" "))
    };
    output.listed.iter().map(line).collect()
}
