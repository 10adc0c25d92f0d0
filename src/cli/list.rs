//! `skillset list`

use clap::{Args, ValueEnum};
use serde_json::json;

use super::describe::support_json;
use super::{Error, print};
use crate::Backend;
use crate::registry::{self, Entry, EntryTask, Summary};
use crate::runtime::engine::EngineKind;
use crate::runtime::model::{Modality, did_you_mean, nearest};

/// List the model types.
///
/// A type is verified if outputs of a task were held against those of transformers; of the others there is metadata
/// only. With several filters, one task has to satisfy all that are about tasks.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those of a modality
    #[arg(long, value_parser = Modality::ALL.map(Modality::name))]
    modality: Option<String>,
    /// Only those that have a task, such as fill-mask
    #[arg(long)]
    task: Option<String>,
    /// Only those with this status
    #[arg(long)]
    status: Option<Status>,
    /// Only those that were measured; as --status verified
    #[arg(long, conflicts_with = "status")]
    verified: bool,
    /// Only those that were measured on this engine: candle or onnx
    #[arg(long)]
    engine: Option<EngineKind>,
    /// Only those that were measured on an engine that serves this backend, such as cpu
    #[arg(long, conflicts_with = "engine")]
    backend: Option<Backend>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Status {
    /// Held against transformers
    Verified,
    /// Known to transformers
    MetadataOnly,
}

impl List {
    pub(super) fn run(self) -> Result<(), Error> {
        if let Some(task) = &self.task {
            check_task(task)?;
        }
        let entries: Vec<Entry> = registry::all().filter(|entry| self.wants(*entry)).collect();
        if self.json {
            return print::json(&entries.iter().map(|entry| describe(*entry)).collect());
        }
        let row = |entry: &Entry| {
            let modality = entry.modality().map(Modality::name).unwrap_or_default();
            let tasks = entry.task_names().join(", ");
            [entry.model_type(), entry.title(), modality, entry.status(), &tasks].map(str::to_owned).to_vec()
        };
        print::table(
            &["type", "title", "modality", "status", "tasks"],
            &entries.iter().map(row).collect::<Vec<_>>(),
        )?;
        print::line(&format!("\n{}", Summary::of(entries)))
    }

    fn wants(&self, entry: Entry) -> bool {
        let is_of = |wanted: &String| entry.modality().is_some_and(|modality| modality.name() == wanted);
        if !self.modality.as_ref().is_none_or(is_of) {
            return false;
        }
        let tasks = entry.tasks();
        match self.status() {
            Some(Status::MetadataOnly) => {
                !entry.is_verified() && tasks.iter().any(|task| self.wants_task(task))
            }
            Some(Status::Verified) => {
                tasks.iter().any(|task| !task.support.is_empty() && self.wants_task(task))
            }
            None if self.has_task_filter() => tasks.iter().any(|task| self.wants_task(task)),
            None => true,
        }
    }

    fn status(&self) -> Option<Status> {
        self.status.or(self.verified.then_some(Status::Verified))
    }

    fn has_task_filter(&self) -> bool {
        self.task.is_some() || self.engine.is_some() || self.backend.is_some()
    }

    fn wants_task(&self, task: &EntryTask) -> bool {
        let on =
            |engines: &[EngineKind]| task.support.iter().any(|support| engines.contains(&support.engine));
        self.task.as_ref().is_none_or(|wanted| task.name == wanted)
            && self.engine.is_none_or(|engine| on(&[engine]))
            && self.backend.is_none_or(|backend| on(&backend.engines()))
    }
}

/// A task that no model type has is a mistake rather than a list of none.
fn check_task(name: &str) -> Result<(), Error> {
    let known: Vec<&str> = registry::all().flat_map(Entry::task_names).collect();
    if known.contains(&name) {
        return Ok(());
    }
    let near = did_you_mean(nearest(name, known));
    Err(format!("--task: no model type has a task {name:?}{near}; `skillset list` shows those of each")
        .into())
}

fn describe(entry: Entry) -> serde_json::Value {
    let support = entry.tasks().into_iter().filter(|task| !task.support.is_empty());
    let support: serde_json::Map<String, serde_json::Value> =
        support.map(|task| (task.name.to_owned(), support_json(task.support))).collect();
    json!({
        "model_type": entry.model_type(),
        "title": entry.title(),
        "modality": entry.modality().map(Modality::name),
        "status": entry.status(),
        "tasks": entry.task_names(),
        "support": support,
    })
}
