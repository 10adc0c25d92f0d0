//! What a checkpoint needs beside config and weights for a whole task to run: made to fit its config.

mod image_processor;
mod image_tokens;
mod tokenizer;
mod vocabulary;

use std::fs;
use std::path::Path;

use serde_json::Value;

pub(super) use self::image_tokens::IMAGE;
use crate::checkpoint::{CheckpointError, Reader, read_json};
use crate::model::{ModelType, Processor, Task};

/// Writes the tokenizer or the image processor that `task` needs, if any, to the checkpoint in `dir`, or both, unless
/// the checkpoint has them.
///
/// The tokenizer is a small word-piece one over the config's whole vocabulary, with the config's special
/// tokens at their ids; the image processor makes images of the config's size. Where a text may have images, each has a
/// token for every patch.
///
/// # Errors
/// If the config says too little, a file cannot be written, or the task takes an input for which nothing can
/// be made up.
pub fn complete_checkpoint(model_type: &ModelType, task: &Task, dir: &Path) -> Result<(), CheckpointError> {
    let path = dir.join("config.json");
    let config = read_json(&path, "the fixture's checkpoint has to be written first")?;
    let config = Reader::new(&config, &path.display().to_string())?;
    match task.processor {
        Processor::Text if dir.join("tokenizer.json").exists() => Ok(()),
        Processor::Text => tokenizer::write(model_type, task, &config, dir),
        Processor::Image if dir.join("preprocessor_config.json").exists() => Ok(()),
        Processor::Image => image_processor::write(&config, dir),
        Processor::Multimodal if task.generates => {
            if !dir.join("processor_config.json").exists() {
                image_tokens::write(&config, dir)?;
                tokenizer::write(model_type, task, &config, dir)?;
                image_processor::write(&config, dir)?;
            }
            Ok(())
        }
        Processor::Series => Ok(()),
        Processor::Audio | Processor::Multimodal => {
            let path = dir.join("preprocessor_config.json");
            let remedy = format!(
                "none can be made up for {}; record one with the fixture, under `files` of fixture.json",
                task.name
            );
            Err(CheckpointError::Missing { path, remedy })
        }
    }
}

fn write_json(path: &Path, value: &Value) -> Result<(), CheckpointError> {
    fs::write(path, format!("{value:#}\n")).map_err(|error| CheckpointError::io(path, error))
}

/// The part of a config that describes the tower of one modality: the whole, or the object called `nested`
/// where `field` is only there.
fn tower<'a>(
    config: &'a Reader<'_>,
    nested: &str,
    field: &str,
) -> Result<Option<Reader<'a>>, CheckpointError> {
    Ok(if config.has(field) { None } else { config.opt_object(nested)? })
}
