//! What a checkpoint needs beside config and weights for a whole task to run: made to fit its config.

mod feature_extractor;
mod image_processor;
mod image_tokens;
mod speech;
mod tokenizer;
mod vocabulary;

use std::fs;
use std::path::Path;

use serde_json::Value;

pub(super) use self::image_tokens::IMAGE;
use crate::checkpoint::{CheckpointError, Reader, read_json};
use crate::model::{ModelType, Processor, Task};
use crate::tasks::{Pipeline, SpeechRecognizer};

/// Writes what `task` needs to turn inputs into tensors, and tokens into text, to the checkpoint in `dir`, unless the
/// checkpoint has it.
///
/// The tokenizer is a small word-piece one over the config's whole vocabulary, with the config's special
/// tokens at their ids; the image processor makes images of the config's size, the feature extractor recordings of the
/// length that the model hears. Where a text may have images, each has a token for every patch.
///
/// # Errors
/// If the config says too little, or a file cannot be written.
pub fn complete_checkpoint(model_type: &ModelType, task: &Task, dir: &Path) -> Result<(), CheckpointError> {
    let path = dir.join("config.json");
    let config = read_json(&path, "the fixture's checkpoint has to be written first")?;
    let config = Reader::new(&config, &path.display().to_string())?;
    let has = |file: &str| dir.join(file).exists();
    match task.processor {
        Processor::Series => {}
        Processor::Text if has("tokenizer.json") => {}
        Processor::Text => tokenizer::write(model_type, task, &config, dir)?,
        _ if has("preprocessor_config.json") => {}
        Processor::Image => image_processor::write(&config, dir)?,
        Processor::Audio => {
            feature_extractor::write(model_type, &config, dir)?;
            match (task.name, task.generates) {
                (SpeechRecognizer::NAME, false) => speech::write_letters(&config, dir)?,
                (SpeechRecognizer::NAME, true) => {
                    tokenizer::write(model_type, task, &config, dir)?;
                    speech::write_generation(&config, dir)?;
                }
                _ => {}
            }
        }
        Processor::Multimodal => {
            if task.generates {
                image_tokens::write(&config, dir)?;
            }
            tokenizer::write(model_type, task, &config, dir)?;
            image_processor::write(&config, dir)?;
        }
    }
    Ok(())
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
