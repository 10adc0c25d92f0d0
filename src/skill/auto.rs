//! A skill of whatever a checkpoint is of, for when that is not known before the program runs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use skillset_runtime::checkpoint::hub::Weights;
use skillset_runtime::checkpoint::{Checkpoint, CheckpointError};
use skillset_runtime::load::{LoadError, Model};
use skillset_runtime::tasks::{Pipeline, RunJson, TaskError, TaskName, load_json};

use super::placement::{Wanted, place};
use super::{Backend, Placement, SkillBuilder, SkillError};
use crate::registry::{self, Entry};

/// A skill whose model type and task a checkpoint decides: its `config.json` names both.
///
/// Inputs, options and results are JSON, in the form of transformers' pipelines; [`pipeline`](Self::pipeline) is the
/// typed way. Where the task is known when the program is written, [`#[skillset]`](crate::skillset) checks more and
/// earlier. Clones share one model.
///
/// ```no_run
/// use skillset::AutoSkill;
///
/// let skill = AutoSkill::from_pretrained("distilbert/distilbert-base-uncased-finetuned-sst-2-english")?;
/// println!("{}: {}", skill.task(), skill.run("I like it")?);
/// # Ok::<(), skillset::SkillError>(())
/// ```
#[derive(Clone)]
pub struct AutoSkill {
    inner: Arc<Inner>,
}

struct Inner {
    model: Model,
    model_type: String,
    task: TaskName,
    pipeline: Box<dyn RunJson>,
    placement: Placement,
}

/// What [`AutoSkill::builder`] takes beside what every [`SkillBuilder`] does.
#[derive(Default)]
pub struct AutoChoice {
    task: Option<String>,
    graph: Option<PathBuf>,
}

impl AutoSkill {
    /// Opens a checkpoint on the processor: a directory, or an id on the Hugging Face hub.
    ///
    /// # Errors
    /// If the checkpoint cannot be had or is damaged, its model type has no architecture here, or its head is of no
    /// task.
    pub fn from_pretrained(source: &str) -> Result<Self, SkillError> {
        Self::builder().from_pretrained(source)
    }

    /// Opens a checkpoint with more to say than where it is.
    pub fn builder() -> SkillBuilder<Self, AutoChoice> {
        SkillBuilder::new(AutoChoice::default())
    }

    /// The result for one input: a text, the path of an image, or an object such as
    /// `{"question": "…", "context": "…"}`.
    ///
    /// # Errors
    /// If the input is not one that the task takes, or the model fails.
    pub fn run(&self, input: impl Into<Value>) -> Result<Value, SkillError> {
        self.run_with(input, &Value::Null)
    }

    /// The result for one input, with an object of the task's options, such as `{"top_k": 3}`.
    ///
    /// # Errors
    /// As [`run`](Self::run), or if there is no such option.
    pub fn run_with(&self, input: impl Into<Value>, options: &Value) -> Result<Value, SkillError> {
        let mut results = self.run_batch_with(&[input.into()], options)?;
        Ok(results.pop().unwrap_or_default())
    }

    /// The results for several inputs, in their order.
    ///
    /// # Errors
    /// As [`run`](Self::run); the error names the input.
    pub fn run_batch(&self, inputs: &[Value]) -> Result<Vec<Value>, SkillError> {
        self.run_batch_with(inputs, &Value::Null)
    }

    /// The results for several inputs, in their order, with an object of the task's options.
    ///
    /// # Errors
    /// As [`run_with`](Self::run_with); the error names the input.
    pub fn run_batch_with(&self, inputs: &[Value], options: &Value) -> Result<Vec<Value>, SkillError> {
        Ok(self.inner.pipeline.run_json(inputs, options)?)
    }

    /// A typed pipeline on the same checkpoint and engine, such as `skill.pipeline::<TextClassifier>()`.
    ///
    /// # Errors
    /// If the checkpoint cannot do its task.
    pub fn pipeline<P: Pipeline>(&self) -> Result<P, SkillError> {
        Ok(P::load(&self.inner.model)?)
    }

    /// The `model_type` of the checkpoint.
    pub fn model_type(&self) -> &str {
        &self.inner.model_type
    }

    /// The task.
    pub fn task(&self) -> TaskName {
        self.inner.task
    }

    /// Where it runs, and why not on the backends before.
    pub fn placement(&self) -> &Placement {
        &self.inner.placement
    }
}

impl SkillBuilder<AutoSkill, AutoChoice> {
    /// The task, instead of that of the head that the checkpoint was saved with.
    pub fn task(mut self, name: impl Into<String>) -> Self {
        self.fields.task = Some(name.into());
        self
    }

    /// Runs a graph that others exported, instead of the checkpoint's weights: an ONNX file of the checkpoint, or an
    /// absolute path. The model type needs no architecture then.
    pub fn onnx(mut self, file: impl Into<PathBuf>) -> Self {
        self.fields.graph = Some(file.into());
        self
    }

    /// Opens a checkpoint: a directory, or an id on the Hugging Face hub.
    ///
    /// # Errors
    /// As [`AutoSkill::from_pretrained`], or if no backend works.
    pub fn from_pretrained(mut self, source: &str) -> Result<AutoSkill, SkillError> {
        let graph = self.fields.graph.as_deref();
        let name = graph.map(Path::to_string_lossy);
        let weights = match &name {
            None => Weights::Safetensors,
            Some(_) if graph.is_some_and(Path::is_absolute) => Weights::None,
            Some(name) => Weights::Graph(name),
        };
        let dir = self.hub.fetch(source, weights)?;
        self.from_dir(dir)
    }

    /// Opens a checkpoint directory.
    ///
    /// # Errors
    /// As [`from_pretrained`](Self::from_pretrained).
    pub fn from_dir(self, dir: impl AsRef<Path>) -> Result<AutoSkill, SkillError> {
        let AutoChoice { task, graph } = self.fields;
        let checkpoint = match graph {
            Some(_) => Checkpoint::open_without_weights(dir.as_ref())?,
            None => Checkpoint::open(dir.as_ref())?,
        };
        let model_type = checkpoint.model_type().map_err(CheckpointError::from)?;
        let architecture = match graph {
            Some(_) => None,
            None => Some(registry::architecture(&model_type)?),
        };
        let task = match task {
            Some(name) => name.parse()?,
            None => own_task(registry::get(&model_type)?, &checkpoint, architecture.is_some())?,
        };
        let file = graph.as_deref().map(Path::to_string_lossy);
        let backends = if graph.is_some() { &[Backend::OnnxCpu] } else { &[Backend::Cpu] };
        let wanted = Wanted { task: task.name(), backends, strict: false, exported: file.as_deref() };
        let (engine, placement) = place(&wanted, &self.preferences)?;
        let checkpoint = Arc::new(checkpoint);
        let model = match (architecture, &graph) {
            (Some(architecture), _) => Model::new(architecture, checkpoint, engine),
            (None, graph) => Model::exported(graph.as_deref().unwrap_or(Path::new("")), checkpoint, engine),
        };
        let mut pipeline = load_json(task.name(), &model)?.watched_by(self.preferences.watcher.clone());
        if let Some(size) = self.preferences.batch_size {
            pipeline = pipeline.in_batches_of(size);
        }
        Ok(AutoSkill { inner: Arc::new(Inner { model, model_type, task, pipeline, placement }) })
    }
}

/// The task of the head that a checkpoint was saved with: the first that has a pipeline.
fn own_task(entry: Entry, checkpoint: &Checkpoint, needs_head: bool) -> Result<TaskName, SkillError> {
    let found = checkpoint.architectures().map_err(CheckpointError::from)?;
    let mut tasks = entry.tasks();
    tasks.retain(|task| task.has_head || !needs_head);
    let named = |class: &String| {
        let of_class = tasks.iter().filter(|task| task.class == class);
        of_class.filter_map(|task| task.name.parse().ok()).next()
    };
    found.iter().find_map(named).ok_or_else(|| {
        let file = checkpoint.dir().join("config.json").display().to_string();
        let with_pipeline = tasks.iter().filter(|task| task.name.parse::<TaskName>().is_ok());
        let mut known: Vec<&'static str> = with_pipeline.map(|task| task.class).collect();
        known.dedup();
        TaskError::from(LoadError::UnknownArchitecture { file, found: found.clone(), known }).into()
    })
}

impl fmt::Debug for AutoSkill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { model_type, task, placement, .. } = &*self.inner;
        let mut shown = f.debug_struct("AutoSkill");
        shown.field("model_type", model_type).field("task", &task.name()).field("placement", placement);
        shown.finish_non_exhaustive()
    }
}
