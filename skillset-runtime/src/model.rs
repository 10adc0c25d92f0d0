//! What is known about a model type: the types that emitted modules fill in.

use std::fmt;

use crate::checkpoint::{ConfigError, Reader};
use crate::ir::{BuildError, Builder, CheckedGraph, Request, Scope};

pub use nested::{Need, Nested, Types};
pub use support::Support;

mod nested;
mod support;

/// A model type, as compiled from its spec.
#[derive(Debug)]
pub struct ModelType {
    /// The `model_type` of a `config.json`.
    pub model_type: &'static str,
    /// The name in prose.
    pub title: &'static str,
    /// A sentence or two.
    pub description: &'static str,
    /// The kind of its input.
    pub modality: Modality,
    /// The paper, as `arXiv:1810.04805` or a URL.
    pub paper: Option<&'static str>,
    /// The transformers class of the base model.
    pub class: &'static str,
    /// The path of the base model inside of the classes with a head.
    pub prefix: Option<&'static str>,
    /// Where else a checkpoint may have the tensors below a path.
    pub paths: &'static [(&'static str, &'static [&'static str])],
    /// The fields of the config that the graph depends on.
    pub config: &'static [FieldInfo],
    /// The arguments of `forward`.
    pub inputs: &'static [InputInfo],
    /// What it can do; tasks that share a class share its graph.
    pub tasks: &'static [Task],
}

/// What transformers says of a model type, whether or not there is an architecture for it here.
#[derive(Debug)]
pub struct Metadata {
    /// The `model_type` of a `config.json`; for a part of other types' configs, the name of the part.
    pub model_type: &'static str,
    /// The name in prose; none for a part.
    pub title: Option<&'static str>,
    /// The kind of its input; none for a part.
    pub modality: Option<Modality>,
    /// The transformers class of the base model; none for a part.
    pub class: Option<&'static str>,
    /// The path of the base model inside of the classes with a head.
    pub prefix: Option<&'static str>,
    /// Task and transformers class, a pair for each class.
    pub tasks: &'static [(&'static str, &'static str)],
    /// Kind and transformers class of what prepares inputs: `tokenizer`, `image_processor` ….
    pub processors: &'static [(&'static str, &'static str)],
    /// The fields of its config.
    pub fields: &'static [FieldInfo],
    /// Other keys that fields may have in `config.json`, each with the field's own.
    pub aliases: &'static [(&'static str, &'static str)],
    /// Reads a `config.json` into the type's `Config`, and gives its fields back as JSON; for [`Reader::all`], which
    /// reports every field that is wrong.
    pub config: fn(&Reader<'_>) -> Result<serde_json::Value, ConfigError>,
}

/// A name that is known, whether or not a model type is called so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlierName {
    /// The name.
    pub name: &'static str,
    /// What it stands for.
    pub means: Meaning,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Another spelling of a model type, or something whose checkpoints are of that type.
    Alias {
        /// The model type.
        model_type: &'static str,
        /// Why the name stands for it.
        why: &'static str,
    },
    /// Something that transformers has no model type for; says what.
    Note(&'static str),
}

/// The kind of a model's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Modality {
    /// Tokens.
    Text,
    /// Images.
    Vision,
    /// Sound.
    Audio,
    /// Several kinds.
    Multimodal,
}

impl Modality {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Text, Self::Vision, Self::Audio, Self::Multimodal];

    /// Its name, which is that of the folder of its specs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Vision => "vision",
            Self::Audio => "audio",
            Self::Multimodal => "multimodal",
        }
    }
}

/// One field of a config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldInfo {
    /// Its key in `config.json`.
    pub name: &'static str,
    /// Its type as specs spell it, such as `usize?`.
    pub kind: &'static str,
    /// Its default as JSON, or a word for there being none.
    pub default: &'static str,
    /// One line about it.
    pub doc: &'static str,
}

/// One argument of `forward`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputInfo {
    /// Its name.
    pub name: &'static str,
    /// Whether and how it is given.
    pub kind: InputKind,
}

/// Whether and how an input is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// A tensor that every run needs, unless a special one stands in for it.
    Required,
    /// A tensor that has a default; the [`Request`] says whether it is an input of the graph.
    Optional,
    /// An optional tensor for special purposes; graphs for other tools are built without it.
    Special,
    /// No tensor but a switch of the [`Request`] that shapes the graph.
    Flag,
}

/// What turns user input into tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Processor {
    /// A tokenizer.
    Text,
    /// An image processor.
    Image,
    /// A feature extractor.
    Audio,
    /// Several of them.
    Multimodal,
    /// None: the values of a time series are what the model takes.
    Series,
}

/// One thing that a model type can do.
pub struct Task {
    /// The name of the Hugging Face pipeline, such as `fill-mask`.
    pub name: &'static str,
    /// The transformers class.
    pub class: &'static str,
    /// The task that it does, too, for checkpoints whose `architectures` names its class.
    pub serves: Option<&'static str>,
    /// The path of the base model in that class; none where the base model is the class itself.
    pub prefix: Option<&'static str>,
    /// Whether the class is the base model, without a head.
    pub is_base: bool,
    /// The fields of the class's output.
    pub outputs: &'static [&'static str],
    /// Further outputs that there are on request only, each with a number behind the name (`hidden_states.0`).
    pub offers: &'static [&'static str],
    /// What prepares its input.
    pub processor: Processor,
    /// Whether it is a loop around the graph that appends what it predicts.
    pub generates: bool,
    /// What was measured of it, an entry an engine; nothing was of a task that has metadata only.
    pub support: &'static [Support],
    /// Reads the config and adds the nodes of the task's graph.
    pub graph: fn(&Scope<'_>, &Reader<'_>) -> Result<(), ConfigError>,
}

/// Why a graph cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The model type has no such task.
    #[error("{model_type} has no task {task:?}{}; its tasks are {}", did_you_mean(*near), known.join(", "))]
    NoSuchTask {
        /// The model type.
        model_type: &'static str,
        /// The task asked for.
        task: String,
        /// The tasks there are.
        known: Vec<&'static str>,
        /// The most similar task, if one is similar.
        near: Option<&'static str>,
    },
    /// The config has values that the model type cannot have.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The config's values do not make a graph.
    #[error(transparent)]
    Graph(#[from] BuildError),
}

impl ModelType {
    /// The task called `name`; `base` is the base model.
    ///
    /// # Errors
    /// If the model type has no such task, with the list of those it has.
    pub fn task(&self, name: &str) -> Result<&'static Task, ModelError> {
        let found = self.tasks.iter().find(|task| task.name == name || (name == "base" && task.is_base));
        found.ok_or_else(|| {
            let known: Vec<&'static str> = self.tasks.iter().map(|task| task.name).collect();
            let near = nearest(name, known.iter().copied());
            ModelError::NoSuchTask { model_type: self.model_type, task: name.to_owned(), known, near }
        })
    }

    /// The first task of a transformers class, as `architectures` of a config names it.
    pub fn task_of_class(&self, class: &str) -> Option<&'static Task> {
        self.tasks.iter().find(|task| task.class == class)
    }

    /// The transformers classes of the tasks, each once.
    pub fn classes(&self) -> Vec<&'static str> {
        let mut classes: Vec<_> = self.tasks.iter().map(|task| task.class).collect();
        classes.dedup();
        classes
    }

    /// Builds and checks the graph of `task` for one config: that of another class if the config's `architectures` names one
    /// that [serves](Task::serves) it.
    ///
    /// # Errors
    /// If there is no such task, or the config's values are wrong or unsupported: all of them together.
    pub fn graph(
        &self,
        config: &Reader<'_>,
        task: &str,
        request: &Request,
    ) -> Result<CheckedGraph, ModelError> {
        let task = self.serving(self.task(task)?, config)?;
        let builder = Builder::new(&format!("{} {}", self.model_type, task.name), request);
        // What it does not depend on may say what it likes.
        let config = config.clone().collecting().heeding(self.config.iter().map(|field| field.name));
        (task.graph)(&builder.root(), &config)?;
        Ok(builder.finish()?)
    }
}

impl ModelType {
    /// The task that does `task` for a checkpoint of this config.
    fn serving(&self, task: &'static Task, config: &Reader<'_>) -> Result<&'static Task, ConfigError> {
        let mut serving = self.tasks.iter().filter(|other| other.serves == Some(task.name)).peekable();
        if serving.peek().is_none() {
            return Ok(task);
        }
        let own = config.opt_list_string("architectures")?.unwrap_or_default();
        Ok(serving.find(|other| own.iter().any(|class| class == other.class)).unwrap_or(task))
    }
}

/// The entry of `known` that `name` is most like, if it is like any.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |known: &'a str| (similarity(name, known), known);
    let likely = known.into_iter().map(likeness).filter(|(likeness, _)| *likeness >= 0.6);
    likely.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

/// How alike two names are: 1 for the same, 0 for nothing in common.
pub fn similarity(a: &str, b: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(a, b)
}

/// ` (did you mean "…"?)`, if there is something that could be meant; how every message suggests a name.
pub fn did_you_mean(near: Option<&str>) -> String {
    near.map(|near| format!(" (did you mean {near:?}?)")).unwrap_or_default()
}

impl Task {
    /// The outputs on request that `output_hidden_states`, an argument of `forward`, asks for.
    pub fn states(&self) -> Vec<String> {
        let states = self.offers.iter().filter(|offer| offer.ends_with("hidden_states"));
        states.map(|&offer| offer.to_owned()).collect()
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.class)
    }
}

impl fmt::Display for Modality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{DType, Dim};

    const fn task(name: &'static str, class: &'static str) -> Task {
        Task {
            name,
            class,
            serves: None,
            prefix: None,
            is_base: true,
            outputs: &["y"],
            offers: &[],
            processor: Processor::Text,
            generates: false,
            support: &[],
            graph: |g, r| {
                let (width, depth) = (r.positive("width", None)?, r.count("depth", 1)?);
                r.f64("dropout", 0.0)?;
                r.finish()?;
                let x = g.input("x", DType::F32, &[Dim::from(width * depth)]);
                g.output("y", g.tanh(x));
                Ok(())
            },
        }
    }

    const fn field(name: &'static str) -> FieldInfo {
        FieldInfo { name, kind: "usize", default: "required", doc: "" }
    }

    static TOY: ModelType = ModelType {
        model_type: "toy",
        title: "Toy",
        description: "",
        modality: Modality::Text,
        paper: None,
        class: "ToyModel",
        prefix: None,
        paths: &[],
        config: &[field("width"), field("depth")],
        inputs: &[],
        tasks: &[
            task("feature-extraction", "ToyModel"),
            Task { serves: Some("feature-extraction"), is_base: false, ..task("twins", "ToyTwins") },
        ],
    };

    fn graph(config: serde_json::Value, task: &str) -> Result<CheckedGraph, String> {
        let reader = Reader::new(&config, "config.json").unwrap();
        TOY.graph(&reader, task, &Request::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_graph_is_built_for_a_task_or_the_base_model() {
        let config = serde_json::json!({ "width": 3 });
        assert_eq!(graph(config.clone(), "base").unwrap().outputs[0].name, "y");
        assert!(graph(config.clone(), "feature-extraction").is_ok());
        assert_eq!(
            graph(config, "feature-extracton").unwrap_err(),
            "toy has no task \"feature-extracton\" (did you mean \"feature-extraction\"?); its tasks are feature-extraction, twins"
        );
    }

    #[test]
    fn a_task_is_done_by_the_class_that_the_checkpoint_is_of() {
        let name = |config| graph(config, "base").unwrap().name.clone();
        assert_eq!(name(serde_json::json!({ "width": 3 })), "toy feature-extraction");
        assert_eq!(
            name(serde_json::json!({ "width": 3, "architectures": ["ToyModel"] })),
            "toy feature-extraction"
        );
        assert_eq!(name(serde_json::json!({ "width": 3, "architectures": ["ToyTwins"] })), "toy twins");
    }

    #[test]
    fn fields_that_a_graph_does_not_depend_on_may_say_anything() {
        assert!(graph(serde_json::json!({ "width": 3, "dropout": "none" }), "base").is_ok());
    }

    #[test]
    fn all_wrong_fields_are_reported_together() {
        let error = graph(serde_json::json!({ "width": 0, "depth": -1 }), "base").unwrap_err();
        assert_eq!(
            error,
            "config.json: /width: expected a positive integer, found 0\n\
             config.json: /depth: expected a non-negative integer, found -1"
        );
    }
}
