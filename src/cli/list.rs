//! `skillset list`

use clap::Args;
use serde_json::json;

use super::{Error, print};
use crate::registry;
use crate::runtime::model::ModelType;

/// List the model types.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those of a modality, such as text
    #[arg(long)]
    modality: Option<String>,
    /// Only those that have a task, such as fill-mask
    #[arg(long)]
    task: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self) -> Result<(), Error> {
        let wanted = |model: &&&ModelType| {
            let modality = self.modality.as_ref().is_none_or(|wanted| model.modality.to_string() == *wanted);
            modality
                && self.task.as_ref().is_none_or(|wanted| model.tasks.iter().any(|task| task.name == wanted))
        };
        let models: Vec<_> = registry::all().iter().filter(wanted).collect();
        if self.json {
            let entry = |model: &&&ModelType| {
                let tasks: Vec<_> = model.tasks.iter().map(|task| task.name).collect();
                json!({
                    "model_type": model.model_type,
                    "title": model.title,
                    "modality": model.modality.to_string(),
                    "tasks": tasks,
                })
            };
            return print::json(&models.iter().map(entry).collect());
        }
        let row = |model: &&&ModelType| {
            let tasks: Vec<_> = model.tasks.iter().map(|task| task.name).collect();
            let modality = model.modality.to_string();
            vec![model.model_type.to_owned(), model.title.to_owned(), modality, tasks.join(", ")]
        };
        print::table(&["type", "title", "modality", "tasks"], &models.iter().map(row).collect::<Vec<_>>())
    }
}
