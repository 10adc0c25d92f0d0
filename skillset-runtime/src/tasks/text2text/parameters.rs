//! What a config says of single tasks: `task_specific_params`.

use serde_json::Value;

use crate::checkpoint::{Checkpoint, ConfigError, Reader};
use crate::generate::GenerationConfig;

/// The parameters of a model's tasks.
pub(super) struct TaskParameters {
    config: Value,
    file: String,
}

/// What one task asks for.
#[derive(Clone, Default)]
pub(super) struct TaskParameter {
    /// What texts start with.
    pub prefix: String,
    /// The parameters of generation.
    pub generation: GenerationConfig,
}

impl TaskParameters {
    /// Those of a checkpoint's `config.json`.
    pub(super) fn of_checkpoint(checkpoint: &Checkpoint) -> Self {
        let file = checkpoint.dir().join("config.json").display().to_string();
        Self { config: checkpoint.config().clone(), file }
    }

    /// What is said of `task`, which may be nothing but the `prefix` of all.
    ///
    /// # Errors
    /// If a field has the wrong type, or a parameter that would change the result is not supported.
    pub(super) fn of(&self, task: &str) -> Result<TaskParameter, ConfigError> {
        let config = Reader::new(&self.config, &self.file)?;
        let prefix = config.opt_string("prefix")?.unwrap_or_default();
        let specific = config.opt_object("task_specific_params")?;
        let own = match &specific {
            Some(tasks) => tasks.opt_object(task)?,
            None => None,
        };
        let Some(own) = own else {
            return Ok(TaskParameter { prefix, ..TaskParameter::default() });
        };
        Ok(TaskParameter {
            prefix: own.opt_string("prefix")?.unwrap_or(prefix),
            generation: GenerationConfig::read(&own)?,
        })
    }

    /// What is said of translating from one language into another.
    ///
    /// # Errors
    /// As [`of`](Self::of); also if nothing is, with the pairs of which something is said.
    pub(super) fn of_pair(&self, from: &str, to: &str) -> Result<TaskParameter, ConfigError> {
        let task = format!("translation_{from}_to_{to}");
        let specific = self.config.get("task_specific_params").and_then(Value::as_object);
        let tasks = || specific.into_iter().flat_map(|tasks| tasks.keys());
        if tasks().any(|known| *known == task) {
            return self.of(&task);
        }
        let pairs: Vec<&str> = tasks().filter_map(|task| task.strip_prefix("translation_")).collect();
        let found = if pairs.is_empty() { "no pair of languages".to_owned() } else { pairs.join(", ") };
        let message = format!(
            "expected {task}, since the tokenizer has no tokens for the languages {from} and {to}, found {found}; leave \
             src_lang and tgt_lang out for a model of one pair"
        );
        Err(Reader::new(&self.config, &self.file)?.error("task_specific_params", message))
    }
}
