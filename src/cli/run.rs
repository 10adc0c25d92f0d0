//! `skillset run`: a task on text, images, recordings or time series.

use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use skillset_runtime::tasks::{self, Watcher};

use super::open::{EngineArgs, ModelArgs};
use super::{Error, print};

/// Run a task on inputs.
#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    engine: EngineArgs,
    /// The task; that of the checkpoint's own head by default
    #[arg(long)]
    task: Option<String>,
    /// Run a graph that others exported, a file here or of the checkpoint, instead of the checkpoint's weights
    #[arg(long, value_name = "FILE", requires = "task")]
    onnx: Option<PathBuf>,
    /// Inputs: texts, or paths of images or recordings
    #[arg(required_unless_present = "input_json")]
    inputs: Vec<String>,
    /// One input as JSON, such as {"question": "…", "context": "…"}, or the rows of a time series
    #[arg(long, value_name = "JSON", conflicts_with = "inputs")]
    input_json: Option<String>,
    /// Options of the task as JSON, such as {"top_k": 3}
    #[arg(long, value_name = "JSON", default_value = "{}")]
    options: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Run {
    pub(super) fn run(self) -> Result<(), Error> {
        let options = parse("--options", &self.options)?;
        let inputs = match &self.input_json {
            Some(text) => vec![parse("--input-json", text)?],
            None => self.inputs.iter().map(|text| json!(text)).collect(),
        };
        let (model, task) = match (&self.onnx, &self.task) {
            (Some(file), Some(task)) => (self.model.open_exported(file, &self.engine)?, task.as_str()),
            _ => {
                let model = self.model.open(&self.engine)?;
                let task = model.task_or_own(self.task.as_deref())?.name;
                (model, task)
            }
        };
        let (watcher, bar) = watched();
        let results = tasks::run_json(task, &model, &inputs, &options, watcher)?;
        bar.finish_and_clear();
        if self.json {
            return print::json(&Value::Array(results));
        }
        for (input, result) in inputs.iter().zip(&results) {
            if results.len() > 1 {
                print::line(&format!("> {}", cell(input)))?;
            }
            pretty(result)?;
        }
        Ok(())
    }
}

/// A bar that shows how far the task is, from when the task first tells; only on a terminal.
fn watched() -> (Watcher, ProgressBar) {
    let style = ProgressStyle::with_template("{bar:30} {msg} {eta}");
    let bar = ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let told = bar.clone();
    let watcher = Watcher::new(move |progress| {
        told.set_length(progress.total as u64);
        told.set_position(progress.done as u64);
        told.set_message(format!("{:.0} of {:.0} s", progress.done, progress.total));
    });
    (watcher, bar)
}

fn parse(argument: &str, text: &str) -> Result<Value, Error> {
    Ok(serde_json::from_str(text)
        .map_err(|error| format!("{argument}: expected JSON, found {text:?}: {error}"))?)
}

/// Lists of objects as a table, anything else as JSON.
fn pretty(result: &Value) -> Result<(), Error> {
    let rows: Vec<_> = match result {
        Value::Array(rows) => rows.iter().filter_map(Value::as_object).collect(),
        Value::Object(row) => vec![row],
        _ => vec![],
    };
    let Some(first) = rows.first() else { return print::json(result) };
    let headings: Vec<&str> = first.keys().map(String::as_str).collect();
    let row = |row: &&serde_json::Map<String, Value>| row.values().map(cell).collect();
    print::table(&headings, &rows.iter().map(row).collect::<Vec<Vec<String>>>())
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => format!("{:.4}", number.as_f64().unwrap_or_default()),
        other => other.to_string(),
    }
}
