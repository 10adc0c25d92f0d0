//! Checkpoints and inputs that a skill must refuse.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use skillset_runtime::harness::damage::Damage;
use skillset_runtime::harness::{Samples, recorded_task};
use skillset_runtime::model::Processor;
use skillset_runtime::tasks::{JsonPipeline, RunJson};

use super::trial::{Bench, Trial};
use super::{Harness, Outcome, message};

impl<P: JsonPipeline> Harness<P> {
    pub(super) fn check_bad_input(&self) -> Outcome {
        let bench = Bench::of(self)?;
        let missing = tempfile::tempdir().map_err(message)?.path().join("missing");
        self.refuses("a folder that is missing", &missing, "missing")?;
        for damage in Damage::ALL {
            let dir = tempfile::tempdir().map_err(message)?;
            bench.write_checkpoint(dir.path())?;
            damage.apply(dir.path()).map_err(message)?;
            if damage == Damage::NotANumber {
                self.refuses_to_run(&bench, dir.path())?;
            } else {
                self.refuses(&format!("{damage:?}"), dir.path(), damage.file())?;
            }
        }
        self.refuses_without_processor(&bench)?;
        self.refuses_other_classes(&bench)?;
        self.refuses_other_values(bench.task.processor)
    }

    /// Opening `dir` is an error that names `file`.
    fn refuses(&self, what: &str, dir: &Path, file: &str) -> Outcome {
        match self.open(dir) {
            Ok(_) => Err(format!("{what}: expected an error, but the checkpoint was opened")),
            Err(error) if error.to_string().contains(file) => Ok(()),
            Err(error) => Err(format!("{what}: expected an error that names {file}, found {error}")),
        }
    }

    /// Weights that are no numbers are found when the checkpoint is opened, or at the latest by what comes out.
    fn refuses_to_run(&self, bench: &Bench, dir: &Path) -> Outcome {
        let samples = Samples::of(bench.task, dir).map_err(message)?;
        let Ok(skill) = self.open(dir) else { return Ok(()) };
        match skill.pipeline().run_json(&samples.inputs, &samples.options) {
            Err(_) => Ok(()),
            Ok(results) => {
                let results = Value::from(results);
                Err(format!("weights of NaN: expected an error, found the results {results}"))
            }
        }
    }

    fn refuses_without_processor(&self, bench: &Bench) -> Outcome {
        let file = match bench.task.processor {
            Processor::Series => return Ok(()),
            Processor::Text => "tokenizer.json",
            _ => "preprocessor_config.json",
        };
        let dir = tempfile::tempdir().map_err(message)?;
        bench.write_checkpoint(dir.path())?;
        fs::remove_file(dir.path().join(file)).map_err(|error| format!("{file}: {error}"))?;
        self.refuses(&format!("a checkpoint without {file}"), dir.path(), file)
    }

    /// A skill with classes of its own does not take a checkpoint with others.
    fn refuses_other_classes(&self, bench: &Bench) -> Outcome {
        if self.labels.is_none() {
            return Ok(());
        }
        let dir = tempfile::tempdir().map_err(message)?;
        let recorded = recorded_task(&bench.fixture, bench.model_type, bench.task.name).map_err(message)?;
        let others = ["a class of no skill", "another class of no skill"];
        bench
            .fixture
            .write_labelled_checkpoint(bench.model_type, recorded, &others, dir.path())
            .map_err(message)?;
        self.refuses("other classes", dir.path(), "config.json: /id2label")
    }

    /// Inputs of the wrong kind are errors that name the input; an empty one is an error or has a result.
    fn refuses_other_values(&self, processor: Processor) -> Outcome {
        let trial = Trial::open(self)?;
        let good = trial.inputs().first().cloned().unwrap_or_default();
        for bad in [json!(true), json!({ "no such key": 1 })] {
            let error = match trial.run(&[good.clone(), bad.clone()]) {
                Ok(_) => return Err(format!("the input {bad}: expected an error, found results")),
                Err(error) => error.to_string(),
            };
            if !error.contains("input 1: ") {
                return Err(format!("the input {bad}: expected an error that names input 1, found {error}"));
            }
        }
        if processor == Processor::Image {
            return refuses_no_images(&trial);
        }
        match trial.run(&[json!("")]) {
            Err(error) if error.to_string().is_empty() => {
                Err("an empty text: the error says nothing".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// A missing and an empty file are errors that name the file.
fn refuses_no_images<P: JsonPipeline>(trial: &Trial<P>) -> Outcome {
    let dir = tempfile::tempdir().map_err(message)?;
    let empty = dir.path().join("empty.png");
    fs::write(&empty, "").map_err(message)?;
    for path in [dir.path().join("missing.png"), empty] {
        let path: PathBuf = path;
        match trial.run(&[json!(path)]) {
            Err(error) if error.to_string().contains(&path.display().to_string()) => {}
            Err(error) => {
                return Err(format!("expected an error that names {}, found {error}", path.display()));
            }
            Ok(_) => return Err(format!("{}: expected an error, found a result", path.display())),
        }
    }
    Ok(())
}
