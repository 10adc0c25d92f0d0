//! `skillset show`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;
use skillset_runtime::checkpoint::{Reader, read_json};
use skillset_runtime::ir::{Drawing, Request};
use skillset_runtime::load::export_request;

use super::{Error, describe, print};
use crate::registry;
use crate::runtime::model::ModelType;

/// Show a model type: what it is, its tasks, its config, its graph.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The model type, such as bert, or another name for one
    model_type: String,
    /// Print the graph that the model type builds for a config
    #[arg(long, value_name = "FORM", num_args = 0..=1, default_missing_value = "text")]
    graph: Option<Form>,
    /// Task whose graph to print
    #[arg(long, default_value = "base")]
    task: String,
    /// The config.json to build the graph for; the model type's defaults otherwise
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Build the graph with a key/value cache
    #[arg(long)]
    cache: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "graph")]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// One line a value
    Text,
    /// The language of Graphviz's dot
    Dot,
    /// A Mermaid flowchart
    Mermaid,
    /// An SVG image: modules by checkpoint path, equal layers once
    Svg,
}

impl Show {
    pub(super) fn run(self) -> Result<(), Error> {
        let resolved = registry::resolve(&self.model_type)?;
        match self.graph {
            Some(form) => self.graph(resolved.entry.architecture()?, form),
            None if self.json => print::json(&describe::json(resolved.entry)),
            None => describe::summary(resolved),
        }
    }

    fn graph(&self, model: &'static ModelType, form: Form) -> Result<(), Error> {
        let (config, file) = match &self.config {
            Some(path) => {
                (read_json(path, "name the config.json of a checkpoint")?, path.display().to_string())
            }
            None => (json!({}), "the default config".to_owned()),
        };
        let task = model.task(&self.task)?;
        let request = Request { cache: self.cache, ..export_request(model, task) };
        let graph = model.graph(&Reader::new(&config, &file)?, task.name, &request)?;
        match form {
            Form::Text => print::write(&graph.to_string()),
            Form::Dot => print::write(&Drawing::Graphviz(&graph).to_string()),
            Form::Mermaid => print::write(&Drawing::Mermaid(&graph).to_string()),
            Form::Svg => print::line(&Drawing::Svg(&graph).to_string()),
        }
    }
}
